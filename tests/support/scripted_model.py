"""A language model that says what a test tells it to, when the test tells it to.

It speaks the part of llama.cpp's HTTP API that Parley uses; `tests/whole` holds it against the
real server.
"""

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import accumulate, cycle
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.support.scripted_slots import ScriptedSlots

HOLD_SECONDS = 600  # a test that forgot `go` fails instead of never ending


def split_words(text: str) -> list[str]:
    """Deltas as a model would send them: words with their leading space."""
    words = text.split(" ")
    return [words[0], *(f" {word}" for word in words[1:])]


@dataclass
class ScriptedModel:
    """Set the fields before or while it answers; read `requests` and `running` afterwards."""

    text: str = "A scripted reply."
    texts: list[str] = field(default_factory=list)  # instead, one for each request
    name: str = "scripted"  # what it says when it is asked
    deltas: list[str] | None = None  # all of these, however many, instead of the text's words
    pace: float = 0.0  # seconds between two deltas
    hold_after: int | None = None  # deltas after which it waits for `go`
    break_after: int | None = None  # deltas after which the stream is cut, once
    answer: Response | None = None  # instead of a stream
    context: int | None = None  # characters of a prompt past which it refuses
    garbage: bool = False
    endless: bool = False  # whatever it is told: again and again the same
    pinging: bool = False  # signs of life, and nothing else
    silent_to: str = ""  # the question that gets no byte of an answer before `speak`
    deadly: str = ""  # the question during which it dies each time
    slots: ScriptedSlots = field(default_factory=ScriptedSlots)
    requests: list[dict[str, Any]] = field(default_factory=list)
    go: threading.Event = field(default_factory=threading.Event)
    speak: threading.Event = field(default_factory=threading.Event)
    well: threading.Event = field(default_factory=threading.Event)  # what it says of itself
    running: int = 0
    probes: int = 0  # whether it is well

    def __post_init__(self) -> None:
        self.well.set()

    def app(self) -> Starlette:
        """The server."""
        return Starlette(
            routes=[
                Route("/v1/chat/completions", self._complete, methods=["POST"]),
                Route("/apply-template", self._apply_template, methods=["POST"]),
                Route("/v1/chat/completions/input_tokens", self._count, methods=["POST"]),
                Route("/v1/models", self._list_models),
                Route("/health", self._health),
                *self.slots.routes(),
            ]
        )

    async def _list_models(self, request: Request) -> Response:
        return JSONResponse({"data": [{"id": self.name}]})

    async def _health(self, request: Request) -> Response:
        self.probes += 1
        return JSONResponse({"status": "ok"}, 200 if self.well.is_set() else 503)

    async def _apply_template(self, request: Request) -> Response:
        lines = [f"<{m['role']}> {m['content']}" for m in (await request.json())["messages"]]
        return self.answer or JSONResponse({"prompt": "\n".join(lines)})

    async def _count(self, request: Request) -> Response:
        return self.answer or JSONResponse({"input_tokens": 42})

    async def _complete(self, request: Request) -> Response:
        body = await request.json()
        self.requests.append(body)
        if self.answer:
            return self.answer
        size = sum(len(message["content"]) for message in body["messages"])
        if self.context is not None and size > self.context:
            return JSONResponse(_too_long(size, self.context), 400)
        if body["messages"][-1]["content"] == self.silent_to:
            await asyncio.to_thread(self.speak.wait, HOLD_SECONDS)
        return StreamingResponse(self._stream(body), media_type="text/event-stream")

    async def _stream(self, body: dict[str, Any]) -> AsyncIterator[str]:
        slot, most = self.slots.take(), body["max_tokens"]
        self.running += 1
        try:
            yield _data(_progress(0))
            if self.garbage:
                yield "data: {not json\n\n"
                return
            if body["messages"][-1]["content"] == self.deadly:
                raise ConnectionResetError("cut by the script")
            yield _data(_progress(20))
            while self.pinging and not self.go.is_set():
                yield ":\n\n"
                await asyncio.sleep(0.1)
            text = self.texts.pop(0) if self.texts else self.text
            deltas = _remaining(self.deltas or split_words(text), body)
            told = cycle(deltas) if self.endless else deltas[: None if self.deltas else most]
            for count, delta in enumerate(told):
                await self._pause(count)
                if self.break_after is not None and count >= self.break_after:
                    self.break_after = None
                    raise ConnectionResetError("cut by the script")
                yield _data(_chunk({"content": delta}))
            cut = len(deltas) > most and not self.deltas
            yield _data(_chunk({}, finish="length" if cut else "stop"))
            usage = {"prompt_tokens": 20, "completion_tokens": len(deltas), "total_tokens": 20}
            yield _data({"choices": [], "object": "chat.completion.chunk", "usage": usage})
            yield "data: [DONE]\n\n"
        finally:
            self.running -= 1
            slot.busy = False

    async def _pause(self, count: int) -> None:
        if self.hold_after is not None and count >= self.hold_after:
            await asyncio.to_thread(self.go.wait, HOLD_SECONDS)
        if self.pace:
            await asyncio.sleep(self.pace)


def _remaining(deltas: list[str], body: dict[str, Any]) -> list[str]:
    """All deltas, or those after a partial reply that is to be continued."""
    last = body["messages"][-1]
    if not body.get("continue_final_message") or last["role"] != "assistant":
        return deltas
    ends = accumulate(map(len, deltas))
    return [d for d, end in zip(deltas, ends, strict=True) if end - len(d) >= len(last["content"])]


def _too_long(size: int, context: int) -> dict[str, Any]:
    return {
        "error": {
            "code": 400,
            "type": "exceed_context_size_error",
            "message": "too long",
            "n_prompt_tokens": size,
            "n_ctx": context,
        }
    }


def _data(chunk: dict[str, Any]) -> str:
    # As llama.cpp does: only what JSON or UTF-8 demands is escaped.
    text = json.dumps(chunk, ensure_ascii=False).encode(errors="backslashreplace").decode()
    return f"data: {text}\n\n"


def _chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
        "object": "chat.completion.chunk",
        "model": "scripted",
    }


def _progress(processed: int) -> dict[str, Any]:
    return {
        **_chunk({"role": "assistant", "content": None}),
        "prompt_progress": {"total": 20, "cache": 0, "processed": processed, "time_ms": 1},
    }
