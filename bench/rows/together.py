"""Long replies side by side: how many can be read as they come, with a first word soon."""

import asyncio
import statistics
import time

from bench.figures import Found, Row
from bench.options import Size
from bench.person import Person, visit
from bench.rows.speed import TASK, open_long
from bench.stage import Stage

AT_ONCE = (1, 2, 3, 4, 8)
TOKENS = 64


async def measure(stage: Stage, size: Size) -> Found:
    """One to all slots, and twice as many."""
    numbers = {}
    tokens = TOKENS if size.speeds > 1 else 8
    async with visit(stage.url) as person:
        await _ask(person, 1, 0, tokens)  # warms up
        for many in AT_ONCE:
            rounds = [await _ask(person, many, n, tokens) for n in range(1, 2 + size.speeds // 3)]
            for what in rounds[0]:
                median = statistics.median(seen[what] for seen in rounds)
                numbers[f"{what} of {many}"] = median
    seen = ", ".join(
        f"{n}: {numbers[f'each of {n}']:.1f}, {numbers[f'first word of {n}'] * 1000:.0f} ms"
        for n in AT_ONCE
    )
    row = Row("so many replies at once: the slowest's tokens/s, latest first word", "", seen, None)
    return Found([row], numbers=numbers)


async def _ask(person: Person, many: int, number: int, tokens: int) -> dict[str, float]:
    """The latest first word in seconds; tokens per second of the slowest, and of all together."""
    chats = [await open_long(person, tokens) for _ in range(many)]
    asks = (person.ask(chat, TASK.format(number * 10 + n)) for n, chat in enumerate(chats))
    began = time.perf_counter()
    timings = await asyncio.gather(*asks)
    took = time.perf_counter() - began
    exports = [await person.read_export(chat) for chat in chats]
    wrote = [export["messages"][-1]["reply"]["completion_tokens"] for export in exports]
    rates = (n / (timing.whole - timing.first) for n, timing in zip(wrote, timings, strict=True))
    return {
        "first word": max(timing.first for timing in timings),
        "each": min(rates),
        "all": sum(wrote) / took,
    }
