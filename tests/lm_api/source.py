"""A small web server to fetch models from, which can be told to misbehave."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from tests.support.serve import serve

CONTENT = random.Random(1).randbytes(300_000)


@dataclass
class Source:
    """What it serves, how it behaves, and what it was asked for (path, Range)."""

    url: str
    content: bytes = CONTENT
    status: int = 200
    knows_ranges: bool = True
    tells_length: bool = True
    break_off_after: list[int] = field(default_factory=list)  # bytes; one per answer, in order
    misplaced: list[int] = field(default_factory=list)  # where answers claim to begin, instead
    pause: float = 0.0  # seconds between blocks of 10 kB
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    def ranges(self) -> list[str | None]:
        return [asked_range for _, asked_range in self.asked]

    async def answer(self, request: Request) -> Response:
        asked = request.headers.get("range")
        self.asked.append((request.url.path, asked))
        start = int(re.findall(r"\d+", asked)[0]) if asked and self.knows_ranges else 0
        size = len(self.content)
        if self.status != 200 or start >= size:
            headers = {"Content-Range": f"bytes */{size}"}
            return Response(status_code=416 if start >= size else self.status, headers=headers)
        headers = {"Content-Length": str(size - start)} if self.tells_length else {}
        if start:
            begin = self.misplaced.pop(0) if self.misplaced else start
            headers["Content-Range"] = f"bytes {begin}-{size - 1}/{size}"
        return StreamingResponse(self._send(start), 206 if start else 200, headers)

    async def _send(self, start: int) -> AsyncIterator[bytes]:
        end = start + self.break_off_after.pop(0) if self.break_off_after else None
        content = self.content[:end]
        for at in range(start, len(content), 10_000):
            yield content[at : at + 10_000]
            await asyncio.sleep(self.pause)


class Web:
    """One server for all tests; each has its own source."""

    source: Source
    url: str

    async def answer(self, request: Request) -> Response:
        return await self.source.answer(request)


@pytest.fixture(scope="session")
def web() -> Iterator[Web]:
    web = Web()
    with serve(Starlette(routes=[Route("/{path:path}", web.answer)])) as web.url:
        yield web


@pytest.fixture
def source(web: Web) -> Source:
    """A web server with the tiny model."""
    web.source = Source(web.url)
    return web.source
