"""A bad network: a small TCP proxy that cuts connections, or lets only a few bytes a second by."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

# Small, so that what a slow reader does not take piles up at the server and not in between.
WINDOW = 2048


@contextlib.asynccontextmanager
async def running_proxy(
    target: int, bytes_per_second: float | None = None
) -> AsyncIterator["Proxy"]:
    """Passes on between a free port of 127.0.0.1 and the port given."""
    proxy = Proxy(target, bytes_per_second)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
        proxy.cut()


class Proxy:
    """Its address, and the connections that are open."""

    def __init__(self, target: int, rate: float | None) -> None:
        self.url = ""
        self._target, self._rate = target, rate
        self._writers: set[asyncio.StreamWriter] = set()

    def cut(self) -> int:
        """Breaks every open connection off, in the middle of whatever passes; how many."""
        for writer in self._writers:
            writer.transport.abort()
        return len(self._writers) // 2

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, both ways, to its end."""
        pair = {writer}
        try:
            with contextlib.suppress(OSError):
                up = await asyncio.open_connection("127.0.0.1", self._target, limit=WINDOW)
                pair.add(up[1])
                self._writers |= pair
                ways = (_pass(reader, up[1], None), _pass(up[0], writer, self._rate))
                await asyncio.gather(*ways)
                writer.close()
                await writer.wait_closed()
        finally:
            self._writers -= pair
            for end in pair:
                end.transport.abort()


async def _pass(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, rate: float | None
) -> None:
    """From one side to the other until it ends; at most `rate` bytes a second."""
    with contextlib.suppress(OSError):
        while piece := await reader.read(1 if rate else WINDOW):
            writer.write(piece)
            await writer.drain()
            if rate:
                await asyncio.sleep(1 / rate)
        if writer.can_write_eof():
            writer.write_eof()
