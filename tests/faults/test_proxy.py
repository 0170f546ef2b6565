"""The bad network is as bad as it says."""

import asyncio
import contextlib

import pytest

from faults.proxy import Proxy


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(100):
            writer.write(piece)
            await writer.drain()
    writer.close()


async def ask(proxy: Proxy) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    port = int(proxy.url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"hello")
    return reader, writer


def test_it_passes_on_until_it_cuts() -> None:
    async def use() -> None:
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        async with server, Proxy(server.sockets[0].getsockname()[1]) as proxy:
            reader, writer = await ask(proxy)
            assert await reader.readexactly(5) == b"hello"
            assert proxy.cut() == 1
            with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
                await reader.readexactly(1)
            writer.close()

    asyncio.run(use())


def test_a_slow_one_lets_a_byte_by_at_a_time() -> None:
    async def use() -> None:
        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        async with server, Proxy(server.sockets[0].getsockname()[1], 5) as proxy:
            reader, writer = await ask(proxy)
            assert await reader.read(100) == b"h"
            assert await reader.read(100) == b"e"
            writer.close()

    asyncio.run(use())
