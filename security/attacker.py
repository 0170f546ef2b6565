"""The attacker, a program of its own: `python -m security.attacker`. It reads an `Order` from its
input, says "on" when all its connections have been tried, attacks until its input ends, and says
how it was answered."""

import asyncio
import contextlib
import json
import os
import re
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

RANDOM = "_RANDOM_"  # in a request: other characters, as many, each time
AT_ONCE = 100  # connections that are being made
ON_SECONDS = 8.0  # then it is on, though not all of them were
WHOLE_SECONDS = 120.0  # at most, whatever happens to who started it
SMALL_BUFFER = 2048  # bytes, so that the system takes in little for one that does not read
LENGTH = re.compile(rb"(?i)\r\ncontent-length: (\d+)")
LAST_CHUNK = b"0\r\n\r\n"


@dataclass(frozen=True)
class Order:
    """What to do with each connection, over and over: send the next request, and wait for its
    answer."""

    port: int
    source: str  # the attacker's address, in 127.0.0.0/8
    connections: int
    requests: list[str]  # whole ones, in latin-1; taken in turn
    most: int = 100_000  # requests, in all
    reads: bool = True  # its answers; otherwise it only waits
    drips: bool = False  # the request is followed by a byte a second, of a body without an end
    cuts: bool = False  # the connection is cut when the request has been sent
    pause: float = 0.0  # seconds after an answer, or a lost connection


class Attacker:
    """Carries an order out and counts: answers by their status, and connections not made."""

    def __init__(self, order: Order) -> None:
        self.order, self.counts = order, Counter[str]()
        self.dripping: set[asyncio.Transport] = set()
        self._requests = self._write_requests()
        self._connecting = asyncio.Semaphore(AT_ONCE)
        self._tried = 0
        self._on = asyncio.Event()

    async def attack(self) -> None:
        """Until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._drip())
            tasks.create_task(self._say_on())
            for _ in range(self.order.connections):
                tasks.create_task(self._keep_connected())

    def take_request(self) -> bytes | None:
        """The next one; None when there have been enough."""
        return next(self._requests, None)

    def _write_requests(self) -> Iterator[bytes]:
        for _, request in zip(range(self.order.most), cycle(self.order.requests), strict=False):
            self.counts["requests"] += 1
            yield request.replace(RANDOM, os.urandom(4).hex()).encode("latin-1")

    async def _keep_connected(self) -> None:
        """One connection after the other."""
        while self.counts["requests"] < self.order.most:
            try:
                async with self._connecting:
                    connection = await self._connect()
            except OSError:
                connection = None
                self.counts["no connection"] += 1
            self._tried += 1
            if self._tried == self.order.connections:
                self._on.set()
            if connection:
                try:
                    await connection.over.wait()
                finally:
                    connection.cut()
            await asyncio.sleep(self.order.pause or 0.01)

    async def _connect(self) -> "Connection":
        loop = asyncio.get_running_loop()
        with contextlib.ExitStack() as unless_connected:
            plain = unless_connected.enter_context(socket.socket())
            plain.setblocking(False)
            # Cut, not closed: closed ones keep their ports for a minute.
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            if not self.order.reads:
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
            plain.bind((self.order.source, 0))
            await loop.sock_connect(plain, ("127.0.0.1", self.order.port))
            _, connection = await loop.create_connection(lambda: Connection(self), sock=plain)
            unless_connected.pop_all()
        return connection

    async def _drip(self) -> None:
        while True:
            await asyncio.sleep(1)
            for transport in self.dripping:
                transport.write(b"A")

    async def _say_on(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ON_SECONDS):
                await self._on.wait()
        print("on", flush=True)


class Connection(asyncio.Protocol):
    """Asks, and asks again when the answer is there."""

    def __init__(self, attacker: Attacker) -> None:
        self._attacker, self._order = attacker, attacker.order
        self.over = asyncio.Event()
        self._transport: asyncio.Transport
        self._head, self._end = b"", b""
        self._left: int | None = None  # bytes of the answer; -1: it says itself where it ends

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begins."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if not self._order.reads:
            transport.pause_reading()
        self._ask()
        if self._order.drips:
            self._attacker.dripping.add(transport)
        if self._order.cuts:
            asyncio.get_running_loop().call_later(self._order.pause, self.cut)

    def data_received(self, data: bytes) -> None:
        """Follows the answer to its end."""
        if self._left is None:
            self._head += data
            head, is_whole, data = self._head.partition(b"\r\n\r\n")
            if not is_whole:
                return
            self._attacker.counts[head[9:12].decode("latin-1")] += 1
            length = LENGTH.search(head)
            self._left = int(length[1]) if length else -1
        self._end = (self._end + data)[-len(LAST_CHUNK) :]
        if self._left < 0:
            is_over = self._end == LAST_CHUNK
        else:
            self._left = max(0, self._left - len(data))
            is_over = not self._left
        if is_over and not self._order.drips:
            self._begin_answer()
            asyncio.get_running_loop().call_later(self._order.pause, self._ask)

    def cut(self) -> None:
        """Ends it at once."""
        self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Another one will take its place."""
        self._attacker.dripping.discard(self._transport)
        self.over.set()

    def _begin_answer(self) -> None:
        self._head, self._end, self._left = b"", b"", None

    def _ask(self) -> None:
        request = self._attacker.take_request()
        if request and not self._transport.is_closing():
            self._transport.write(request)


async def main() -> None:
    """Carries out the one order that comes, until the input ends."""
    order = Order(**json.loads(await asyncio.to_thread(sys.stdin.readline)))
    attacker = Attacker(order)
    attack = asyncio.create_task(attacker.attack())
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(WHOLE_SECONDS):
            await asyncio.to_thread(sys.stdin.read)
    attack.cancel()
    await asyncio.wait([attack])
    print(json.dumps(attacker.counts), flush=True)
    os._exit(0)  # without a goodbye to thousands of connections


if __name__ == "__main__":
    asyncio.run(main())
