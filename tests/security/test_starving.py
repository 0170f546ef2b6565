"""The attacker that `make security` starves others with: what it does, and what it may use."""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest

from bench.person import Timing
from faults.scenarios.scenario import Unavailable
from security.attacker import RANDOM, Attacker, Order
from security.attacks import ATTACKS, Own
from security.cgroup import confine
from security.found import Found
from security.rows.starving import PAGE, WORD, Waits, compare, wait_in_turn
from tests.support.waiting import wait_until

SOURCE = "127.0.0.66"
REQUEST = f"GET /{RANDOM} HTTP/1.1\r\n\r\n"
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes"
CHUNKED = b"HTTP/1.1 429 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyes\r\n0\r\n\r\n"
ENDLESS = b"HTTP/1.1 200 OK\r\n\r\ndata: and so on\r\n"
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def attack(answer: Answer, until: Callable[[Attacker], bool], **order: Any) -> Attacker:
    """An attack on a server that answers each connection so, until something is seen."""

    async def run() -> Attacker:
        async with serve(answer) as port:
            given: dict[str, Any] = {"connections": 2, "requests": [REQUEST]} | order
            attacker = Attacker(Order(port=port, source=SOURCE, **given))
            task = asyncio.create_task(attacker.attack())
            async with asyncio.timeout(60):
                while not until(attacker):  # noqa: ASYNC110 - counts, no event
                    await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.wait([task])
        return attacker

    return asyncio.run(run())


@contextlib.asynccontextmanager
async def serve(answer: Answer) -> AsyncIterator[int]:
    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await answer(reader, writer)
        writer.transport.abort()

    async with await asyncio.start_server(meet, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
        server.close()


@pytest.mark.parametrize(("said", "counted"), [(WHOLE, "200"), (CHUNKED, "429")])
def test_it_asks_again_when_an_answer_is_whole_and_counts(said: bytes, counted: str) -> None:
    asked: set[bytes] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert writer.get_extra_info("peername")[0] == SOURCE
        while True:
            asked.add(await reader.readuntil(b"\r\n\r\n"))
            for piece in (said[:-4], said[-4:]):
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)

    counts = attack(answer, lambda attacker: attacker.counts[counted] >= 20).counts
    assert len(asked) >= 20, "each is another"
    assert counts["requests"] in range(20, counts[counted] + 3), "none before its answer"
    assert set(counts) == {"requests", counted}


async def send_nothing_more(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(ENDLESS)
    await reader.read()


def test_an_answer_without_an_end_is_watched() -> None:
    def is_watched(attacker: Attacker) -> bool:
        return attacker.counts["200"] == 2

    assert attack(send_nothing_more, is_watched).counts["requests"] == 2


def test_it_asks_no_more_often_than_it_may() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(WHOLE)

    attacker = attack(answer, lambda attacker: attacker.counts["200"] == 7, most=7)
    assert attacker.counts["requests"] == 7
    assert attacker.take_request() is None


def test_one_that_drips_sends_a_byte_at_a_time_also_when_it_was_answered() -> None:
    dripped = bytearray()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(WHOLE)
        while True:
            dripped.extend(await reader.readexactly(1))

    counts = attack(answer, lambda _: len(dripped) >= 4, drips=True).counts
    assert counts["requests"] == 2
    assert set(dripped) == set(b"A")


def test_one_that_reads_nothing_lets_the_server_wait() -> None:
    stuck = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(ENDLESS * 1_000_000)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(writer.drain(), 1)
            raise AssertionError("all of it was read")
        stuck.set()

    assert not attack(answer, lambda _: stuck.is_set(), reads=False).counts["200"]


def test_one_that_cuts_comes_back() -> None:
    cut: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sent = await reader.readuntil(b"\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert not await reader.read()
        cut.append(sent)

    attack(answer, lambda _: len(cut) >= 4, cuts=True, pause=0.05)


def test_it_ends_with_its_input() -> None:
    order = '{"port": 1, "source": "127.0.0.66", "connections": 1, "requests": ["GET"]}\n'
    command = [sys.executable, "-m", "security.attacker"]
    done = subprocess.run(command, input=order, capture_output=True, text=True, timeout=60)
    assert isinstance(json.loads(done.stdout.splitlines()[-1]), dict), done.stderr


def test_a_confined_program_gets_no_more_than_its_share(tmp_path: Path) -> None:
    try:
        with confine(0.2) as group:
            busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
            try:
                group.write_text(str(busy.pid))
                throttled = (group.parent / "cpu.stat").read_text
                wait_until(lambda: "nr_throttled 0\n" not in throttled())
            finally:
                busy.kill()
                busy.wait()
    except Unavailable as unavailable:
        pytest.skip(str(unavailable))
    assert not group.parent.exists(), "nothing is left of it"


def test_each_attack_writes_whole_requests_with_a_session_of_its_own() -> None:
    own = [Own("chat-1", "parley=a"), Own("chat-2", "parley=b")]
    for made in ATTACKS:
        requests = made.write(own)
        assert all(request.count("\r\n\r\n") >= 1 for request in requests), made.name
        assert all("Host: localhost\r\n" in request for request in requests), made.name
        assert "{}" not in "".join(requests), made.name
    assert len({made.name for made in ATTACKS}) == len(ATTACKS)


@pytest.mark.parametrize(
    ("page", "word", "violated"),
    [([1.0], [1.0], []), ([2.1], [1.0], [PAGE]), ([1.0], [2.1], [WORD]), ([2.0], [2.0], [])],
)
def test_more_than_twice_the_control_is_a_violation(
    page: list[float], word: list[float], violated: list[str]
) -> None:
    found, ours = Found(), Waits("Parley", {PAGE: page, WORD: word})
    compare(found, ours, Waits("the control", {PAGE: [1.0], WORD: [1.0]}), judge=True)
    assert [words.partition(" p50")[0] for words in found.violations] == violated


def test_a_few_slow_ones_count_by_p95_and_not_in_a_short_run() -> None:
    control = Waits("the control", {PAGE: [1.0] * 20, WORD: [1.0]})
    ours = Waits("Parley", {PAGE: [1.0] * 18 + [3.0] * 2, WORD: [1.0]})
    for judge in (True, False):
        found = Found()
        compare(found, ours, control, judge=judge)
        assert bool(found.violations) is judge


class Quick:
    """A person whose every wait takes nothing."""

    async def open_chat(self) -> str:
        return "chat"

    async def ask(self, *_: str, stop: bool) -> Timing:
        await asyncio.sleep(0)
        return Timing(0, 0.1, 0, "")

    async def time_page(self, _: str) -> float:
        return 0.1


def test_a_turn_ends_though_not_all_have_waited() -> None:
    turns: Any = repeat((Quick(), "chat"))

    def wait(many: int, seconds: float) -> tuple[int, int]:
        waits = Waits("nobody")
        asyncio.run(wait_in_turn(Found(), turns, waits, many, seconds))
        return len(waits.times[WORD]), len(waits.times[PAGE])

    assert wait(3, 60) == (3, 6)
    words, pages = wait(10**9, 0.05)
    assert pages == 2 * words > 0
