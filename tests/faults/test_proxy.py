"""The bad network is as bad as it says."""

import asyncio
import contextlib

import pytest

from faults.proxy import running_proxy


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(100):
            writer.write(piece)
            await writer.drain()
    writer.close()


async def use(rate: float | None) -> list[bytes]:
    """What comes back of a few bytes until the connection is cut."""
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server, running_proxy(server.sockets[0].getsockname()[1], rate) as proxy:
        port = int(proxy.url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"hello")
        async with asyncio.timeout(10):
            pieces = [await reader.read(100) for _ in range(2 if rate else 1)]
        assert proxy.cut() == 1
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await reader.readexactly(100)
        writer.close()
        return pieces


@pytest.mark.parametrize(
    ("rate", "pieces"), [(None, [b"hello"]), (5, [b"h", b"e"])], ids=["as it comes", "slowly"]
)
def test_it_passes_on_until_it_cuts(rate: float | None, pieces: list[bytes]) -> None:
    assert asyncio.run(use(rate)) == pieces
