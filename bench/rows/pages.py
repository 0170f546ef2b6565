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
SHORT, LONG = 50, 10_000  # messages
# Of a row, its indexes in.
WEIGH = "SELECT (pg_total_relation_size('{table}') / count(*))::float8 FROM {table}"


async def measure(stage: Stage, size: Size) -> Found:
    """Pages of 50 messages by many connections at once, then of both lengths in turn."""
    async with visit(stage.url) as person:
        chats = {length: await person.open_chat() for length in (SHORT, LONG)}
        for length, chat in chats.items():
            stage.sql(FILL.format(chat=chat, last=length))
        await _open_in_turns(person, chats, 10)  # warms up
        request = person.write_request(f"/chats/{chats[SHORT]}")
        rates = [await _rate(stage.parley.port, request, 1) for _ in range(size.pages)]
        times = await _open_in_turns(person, chats, size.pages * 25)
    rate, p50 = statistics.median(rates), statistics.median(times[SHORT])
    longer = statistics.median(a / b for a, b in zip(times[LONG], times[SHORT], strict=True))
    numbers = {"pages/s": rate}
    for table in ("messages", "replies"):
        ((weight,),) = stage.sql(WEIGH.format(table=table))
        numbers[f"bytes in {table}"] = float(str(weight))
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
            f"{in_ms(times[SHORT])}, p95 {percentile(times[SHORT], 95) * 1000:.1f} ms",
            p50 <= P50_GOAL,
        ),
        Row(
            "page p50 with 10,000 messages ÷ with 50",
            f"≤ {LENGTH_GOAL}",
            f"{longer:.2f}",
            longer <= LENGTH_GOAL,
        ),
    ]
    return Found(rows, numbers=numbers)


async def _open_in_turns(
    person: Person, chats: dict[int, str], rounds: int
) -> dict[int, list[float]]:
    times: dict[int, list[float]] = {length: [] for length in chats}
    for _ in range(rounds):
        for length, chat in chats.items():
            times[length].append(await person.time_page(chat))
    return times


async def _rate(port: int, request: bytes, seconds: float) -> float:
    """By plain sockets: a client library would need more of the two cores than what it asks."""
    deadline = time.monotonic() + seconds
    loads = (_load(port, request, deadline) for _ in range(CONNECTIONS))
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
