"""A bad network: a small TCP proxy that cuts connections, or lets only a few bytes a second by."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Self

PIECE = 4096
# Small, so that what a slow reader does not take piles up at the server and not in between.
WINDOW = 2048


class Proxy:
    """Passes on between a free port of 127.0.0.1 and the port given."""

    def __init__(self, target: int, bytes_per_second: float | None = None) -> None:
        self.cuts = 0
        self._target, self._rate = target, bytes_per_second
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server:
            self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        assert self._server is not None, "not started"
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def cut(self) -> int:
        """Breaks every open connection off, in the middle of whatever passes; how many."""
        writers = list(self._writers)
        for writer in writers:
            writer.transport.abort()
        self.cuts += len(writers) // 2
        return len(writers) // 2

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError):
                async with self._upstream() as (up_reader, up_writer):
                    with self._remembered(writer, up_writer):
                        await asyncio.gather(
                            _pass(reader, up_writer, None), _pass(up_reader, writer, self._rate)
                        )
                writer.close()
                await writer.wait_closed()
        finally:
            writer.transport.abort()

    @contextlib.asynccontextmanager
    async def _upstream(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._target, limit=WINDOW)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()

    @contextlib.contextmanager
    def _remembered(self, *writers: asyncio.StreamWriter) -> Iterator[None]:
        self._writers.update(writers)
        try:
            yield
        finally:
            self._writers.difference_update(writers)


async def _pass(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, rate: float | None
) -> None:
    """From one side to the other until it ends; at most `rate` bytes a second."""
    with contextlib.suppress(OSError):
        while piece := await reader.read(1 if rate else PIECE):
            writer.write(piece)
            await writer.drain()
            if rate:
                await asyncio.sleep(1 / rate)
        if writer.can_write_eof():
            writer.write_eof()
