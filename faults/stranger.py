"""Somebody else's session, trying every door while the owner's chats are in trouble."""

import asyncio
import contextlib
import random
import uuid

import httpx

from faults.browser import LATER, make_client
from faults.trial import Trial

# Not found, and nothing else; or, in trouble, not now. (A 500 is judged with everybody else's.)
FINE = {404} | LATER


class Stranger:
    """Tries the chats of everybody in the trial, one after the other, until the block is left."""

    def __init__(self, trial: Trial, pause: float = 0.5) -> None:
        self._random = random.Random(trial.seed)  # dice of its own: when it throws is chance
        self._trial, self._pause = trial, pause
        self._client = make_client(trial.parley.url, trial.refusals)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Stranger":
        self._task = asyncio.create_task(self._prowl())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self.close()

    async def close(self) -> None:
        """Gives up."""
        await self._client.aclose()

    async def _prowl(self) -> None:
        await self.introduce()
        while True:
            chats = [chat for browser in self._trial.browsers for chat in browser.chats]
            if chats:
                await self.try_doors(self._random.choice(chats))
            await asyncio.sleep(self._pause)

    async def introduce(self) -> None:
        """Gets a session of its own."""
        while True:
            with contextlib.suppress(httpx.HTTPError):
                answer = await self._client.post("/chats", data={"username": "Mallory", "new": "1"})
                if answer.status_code == 303:
                    return
            await asyncio.sleep(0.3)

    async def try_doors(self, chat: str) -> None:
        """Every way to see, change or stop something of this chat."""
        replies = [r for r, notes in self._trial.shown.replies.items() if notes.chat == chat]
        reply = self._random.choice(replies) if replies else uuid.uuid4()
        form = {"prompt": "I was never here", "client_key": uuid.uuid4().hex}
        doors = [
            ("GET", f"/chats/{chat}", None),
            ("GET", f"/chats/{chat}/events", None),
            ("GET", f"/chats/{chat}/live", None),
            ("GET", f"/chats/{chat}/export.json", None),
            ("GET", f"/chats/{chat}/export.md", None),
            ("POST", f"/generate/{chat}", form),
            ("POST", f"/chats/{chat}/replies/{reply}/stop", None),
        ]
        for method, path, data in doors:
            with contextlib.suppress(httpx.HTTPError):
                await self._try(method, path, data, chat)

    async def _try(self, method: str, path: str, data: dict[str, str] | None, chat: str) -> None:
        async with self._client.stream(method, path, data=data, timeout=5) as answer:
            self._trial.counts["doors a stranger tried"] += 1
            if answer.status_code not in FINE:
                words = f"{method} {path} answered a stranger with {answer.status_code}"
                self._trial.violate("I6", words, chat)
