"""Many open streams of events, by bare protocols: a client library would need more of the two cores
than what it watches."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Sequence

from bench.person import Person

SETTLE_SECONDS = 2.0  # for all to have come
SMALL_BUFFER = 4096  # bytes, so that the system takes in little for one that does not read


class Stream(asyncio.Protocol):
    """One that watches a chat: it reads all that comes, or nothing at all."""

    transport: asyncio.Transport
    answered = over = False

    def data_received(self, data: bytes) -> None:
        """Looks for the answer's beginning."""
        self.answered |= data.startswith(b"HTTP/1.1 200")

    def connection_lost(self, exc: Exception | None) -> None:
        """The stream has ended, or was cut."""
        self.over = True


async def count_staying(streams: Sequence[Stream]) -> int:
    """How many are still being told. Those that have read nothing read now, so that it shows
    whether they were kept."""
    for stream in streams:
        stream.transport.resume_reading()
    await asyncio.sleep(SETTLE_SECONDS)
    return sum(stream.answered and not stream.over for stream in streams)


@contextlib.asynccontextmanager
async def watch(
    port: int, person: Person, chats: Sequence[str], many: int, slow: int
) -> AsyncIterator[list[Stream]]:
    """So many streams of the person, spread over the chats; the first `slow` read nothing."""
    streams = []
    for number in range(many):
        request = person.write_request(f"/chats/{chats[number % len(chats)]}/events", "close")
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
    if not reads:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(connection, ("127.0.0.1", port))
    transport, stream = await loop.create_connection(Stream, sock=connection)
    if not reads:
        transport.pause_reading()
    transport.write(request)
    stream.transport = transport
    return stream
