"""Many open streams of events, by bare protocols: a client library would need more of the two cores
than what it watches."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Sequence

END = b"event: end\n"
SETTLE_SECONDS = 2.0  # for all to have come


class Stream(asyncio.Protocol):
    """One that watches a chat: it reads all that comes, or nothing at all."""

    def __init__(self, request: bytes, *, reads: bool) -> None:
        self._request, self.reads = request, reads
        self.answered = False
        self.ended = False  # it was told that nothing is left to say
        self.gone = False
        self._last = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asks."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._request)
        if not self.reads:
            transport.pause_reading()

    def data_received(self, data: bytes) -> None:
        """Looks for the answer's beginning, and for the end."""
        self.answered |= data.startswith(b"HTTP/1.1 200")
        self.ended |= END in self._last + data
        self._last = data[-len(END) :]

    def connection_lost(self, exc: Exception | None) -> None:
        """Hung up on, or closed by us."""
        self.gone = True

    @property
    def stays(self) -> bool:
        """Whether it is still being told."""
        return self.answered and not (self.ended or self.gone)


async def let_read(streams: Sequence[Stream]) -> None:
    """Also those that have read nothing until now, so that it shows whether they were kept."""
    for stream in streams:
        stream.transport.resume_reading()
    await asyncio.sleep(SETTLE_SECONDS)


@contextlib.asynccontextmanager
async def watch(
    port: int, cookies: str, chats: Sequence[str], many: int, slow: int = 0
) -> AsyncIterator[list[Stream]]:
    """So many streams, spread over the chats; the first `slow` of them read nothing."""
    streams = []
    for number in range(many):
        path = f"/chats/{chats[number % len(chats)]}/events"
        request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\n\r\n".encode()
        streams.append(await _connect(port, request, reads=number >= slow))
    await asyncio.sleep(SETTLE_SECONDS)
    try:
        yield streams
    finally:
        for stream in streams:
            stream.transport.abort()
        await asyncio.sleep(0)


async def _connect(port: int, request: bytes, *, reads: bool) -> Stream:
    connection = socket.socket()
    connection.setblocking(False)
    if not reads:  # so that little is taken in by the system
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(connection, ("127.0.0.1", port))
    _, stream = await loop.create_connection(lambda: Stream(request, reads=reads), sock=connection)
    return stream
