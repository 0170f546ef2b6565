"""The chat's page: how many a second, how long one takes, and what a long chat adds."""

import asyncio
import statistics
import time

from faults.scenarios.long_chat import FILL

from bench.figures import Found, Row, in_ms, percentile
from bench.options import Size
from bench.person import Person, visit
from bench.stage import Stage

CONNECTIONS = 16
RATE_GOAL, P50_GOAL, LENGTH_GOAL = 300, 0.010, 1.2
LENGTHS = (50, 10_000)


async def measure(stage: Stage, size: Size) -> Found:
    """Pages of 50 messages by many connections at once, then of both lengths in turn."""
    async with visit(stage.url) as person:
        chats = {}
        for length in LENGTHS:
            chats[length] = await person.open_chat()
            stage.sql(FILL.format(chat=chats[length], last=length))
        await _open_in_turns(person, chats, 10)  # warms up
        rates = [await _rate(stage, person, chats[50], 1) for _ in range(size.pages)]
        times = await _open_in_turns(person, chats, size.pages * 25)
    rate, p50 = statistics.median(rates), statistics.median(times[50])
    longer = statistics.median(a / b for a, b in zip(times[10_000], times[50], strict=True))
    rows = [
        Row(
            f"chat page, 50 messages: requests per second with {CONNECTIONS} connections",
            f"≥ {RATE_GOAL}",
            f"{rate:.0f} ({min(rates):.0f}–{max(rates):.0f}, {len(rates)} seconds)",
            rate >= RATE_GOAL,
        ),
        Row(
            "chat page, 50 messages: p50 with one connection",
            "≤ 10 ms",
            f"{in_ms(times[50])}, p95 {percentile(times[50], 95) * 1000:.1f} ms",
            p50 <= P50_GOAL,
        ),
        Row(
            "page p50 with 10,000 messages ÷ with 50",
            f"≤ {LENGTH_GOAL}",
            f"{longer:.2f}",
            longer <= LENGTH_GOAL,
        ),
    ]
    return Found(rows, numbers={"pages/s": rate})


async def _open_in_turns(
    person: Person, chats: dict[int, str], rounds: int
) -> dict[int, list[float]]:
    times: dict[int, list[float]] = {length: [] for length in chats}
    for _ in range(rounds):
        for length, chat in chats.items():
            began = time.perf_counter()
            answer = await person.client.get(f"/chats/{chat}")
            times[length].append(time.perf_counter() - began)
            assert answer.status_code == 200, answer.status_code
    return times


async def _rate(stage: Stage, person: Person, chat: str, seconds: float) -> float:
    """By plain sockets: a client library would need more of the two cores than what it asks."""
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in person.client.cookies.jar)
    request = f"GET /chats/{chat} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookies}\r\n\r\n"
    deadline = time.monotonic() + seconds
    loads = (_load(stage.parley.port, request.encode(), deadline) for _ in range(CONNECTIONS))
    return sum(await asyncio.gather(*loads)) / seconds


async def _load(port: int, request: bytes, deadline: float) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    done = 0
    while time.monotonic() < deadline:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        assert head.startswith("http/1.1 200"), head
        await reader.readexactly(int(head.partition("content-length: ")[2].split("\r\n")[0]))
        done += 1
    writer.close()
    return done
