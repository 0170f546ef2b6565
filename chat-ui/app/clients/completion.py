"""What lm-api says while it writes: events of a stream, and why there is none.

Source of the fields and of the error shapes: llama.cpp, tools/server/README.md.
"""

import json
import logging
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from app.clients.service import Stream
from app.clients.types import ErrorKind

log = logging.getLogger(__name__)

# What PostgreSQL or UTF-8 can't hold; a model may write anything.
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class Started:
    """The first sign of life, with the name of the model that answers."""

    model: str


@dataclass(frozen=True)
class Delta:
    """The next piece of the reply, exactly as the model's tokens fell."""

    text: str


@dataclass(frozen=True)
class Reading:
    """How many of the prompt's tokens have been read."""

    read: int
    total: int


@dataclass(frozen=True)
class Usage:
    """The token counts of a whole completion; the stream's last word."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True)
class Cut:
    """The reply reached its longest allowed length and ends in the middle."""


Event = Started | Reading | Delta | Cut | Usage


class ModelAway(Exception):
    """lm-api is out of reach or still loading: wait and ask again."""


class ModelDied(Exception):
    """The stream ended in the middle: the server is gone, or as good as that."""


class ModelBroke(Exception):
    """The server lives and says that it failed, or makes no sense, or says nothing for too long."""


class ModelRefused(Exception):
    """lm-api won't take this prompt; asking again would not help."""

    def __init__(self, kind: ErrorKind, size: int | None = None, limit: int | None = None) -> None:
        super().__init__(kind)
        self.kind, self.size, self.limit = kind, size, limit


async def read_events(stream: Stream) -> AsyncGenerator[Event]:
    """The events of a completion. Raises ModelDied if it ends early, ModelBroke if it makes no
    sense."""
    started = False
    async for line in _lines(stream):
        if not line.startswith("data:"):
            continue
        data = line.removeprefix("data:").strip()
        if data == "[DONE]":
            return
        try:
            chunk = json.loads(data)
            if not started and "error" not in chunk:
                started = True
                yield Started(str(chunk.get("model")))
            for event in _chunk_events(chunk):
                yield event
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            raise ModelBroke(f"unreadable stream: {data[:80]!r}") from error
    raise ModelDied("the stream ended early")


async def _lines(stream: Stream) -> AsyncGenerator[str]:
    """Lines as the server ends them, however long: what a model writes has no bound here."""
    rest = b""
    async for piece in stream.pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line.decode(errors="replace")


def _chunk_events(chunk: dict[str, Any]) -> list[Event]:
    if "error" in chunk:
        raise ModelBroke(str(chunk["error"].get("message"))[:200])
    events: list[Event] = []
    if progress := chunk.get("prompt_progress"):
        events.append(Reading(progress["processed"], progress["total"]))
    for choice in chunk.get("choices") or ():
        if text := choice["delta"].get("content"):
            events.append(Delta(UNSTORABLE.sub("\ufffd", text)))
        if choice.get("finish_reason") == "length":
            events.append(Cut())
    if usage := chunk.get("usage"):
        events.append(Usage(usage["prompt_tokens"], usage["completion_tokens"]))
    return events


def read_refusal(status: int, content: bytes) -> Exception:
    """The exception for an answer other than 200."""
    try:
        error = json.loads(content)["error"]
        kind = error["type"]
    except (ValueError, KeyError, TypeError):
        error, kind = {}, ""
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return ModelAway(kind)
    if kind == "exceed_context_size_error":
        return ModelRefused("prompt-too-long", error.get("n_prompt_tokens"), error.get("n_ctx"))
    if status in (401, 403, 404):
        log.error("lm-api answered %s: check its key and its address", status)
        return ModelAway("misconfigured")
    if 400 <= status < 500:
        return ModelRefused("model-refused")
    return ModelBroke(f"status {status}")
