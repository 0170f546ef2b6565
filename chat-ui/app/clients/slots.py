"""lm-api's slots: what each of them is doing, and what they have read on its disk and back.

Source of the calls and fields: llama.cpp, tools/server/README.md.
"""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from app.clients.service import BrokenOff, NoConnection, Service

SLOT_SECONDS = 5  # a full slot on a slow disk


@dataclass(frozen=True)
class Slot:
    """`task` is the last that used it since the server's start, None if none has."""

    id: int
    task: int | None
    busy: bool


class SlotsUnanswered(Exception):
    """lm-api is out of reach, or was too slow."""


class SlotsRefused(Exception):
    """lm-api can't do that: it keeps no prompts, has no such file, has a full disk, or is still
    loading."""


class SlotsClient:
    """Every call raises SlotsUnanswered or SlotsRefused. One for a busy slot waits until it is
    idle, so only idle ones should be named."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def list(self) -> list[Slot]:
        """All of them."""
        told = await self._ask("GET", "/slots")
        try:
            return [Slot(slot["id"], slot.get("id_task"), slot["is_processing"]) for slot in told]
        except (LookupError, TypeError, AttributeError) as error:
            raise SlotsRefused(f"unreadable slots: {str(told)[:200]}") from error

    async def save(self, slot: int, file: str) -> None:
        """Writes what the slot has read to a file of that name."""
        await self._ask("POST", f"/slots/{slot}?action=save", {"filename": file})

    async def restore(self, slot: int, file: str) -> None:
        """Reads it back."""
        await self._ask("POST", f"/slots/{slot}?action=restore", {"filename": file})

    async def erase(self, slot: int) -> None:
        """Empties the slot."""
        await self._ask("POST", f"/slots/{slot}?action=erase", {})

    async def _ask(self, method: str, path: str, body: object = None) -> Any:
        try:
            answer = await self._service.ask(method, path, json=body, seconds=SLOT_SECONDS)
        except (NoConnection, BrokenOff) as error:
            raise SlotsUnanswered from error
        if answer.status != HTTPStatus.OK:
            raise SlotsRefused(f"{path}: {answer.status} {answer.content[:200]!r}")
        try:
            return json.loads(answer.content)
        except ValueError as error:
            raise SlotsRefused(f"{path}: not JSON") from error
