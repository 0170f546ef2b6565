"""Long replies side by side: how many can be read as they come, with a first word soon."""

import asyncio
import statistics

from bench.figures import Found, Row
from bench.options import Size
from bench.person import Person, visit
from bench.rows.speed import TASK, open_long
from bench.stage import Stage

AT_ONCE = (1, 2, 3, 4, 8)
TOKENS = 64


async def measure(stage: Stage, size: Size) -> Found:
    """One to all slots, and twice as many. Each figure is that of the one who fares worst."""
    numbers = {}
    tokens = TOKENS if size.speeds > 1 else 8
    async with visit(stage.url) as person:
        await _ask(person, 1, 0, tokens)  # warms up
        for many in AT_ONCE:
            rounds = [await _ask(person, many, n, tokens) for n in range(1, 2 + size.speeds // 3)]
            firsts, rates = zip(*rounds, strict=True)
            numbers[f"first word of {many}"] = statistics.median(firsts)
            numbers[f"tokens/s each of {many}"] = statistics.median(rates)
    seen = ", ".join(
        f"{many}: {numbers[f'tokens/s each of {many}']:.1f} tokens/s,"
        f" {numbers[f'first word of {many}'] * 1000:.0f} ms"
        for many in AT_ONCE
    )
    row = Row("replies side by side: the slowest's tokens/s, the latest first word", "", seen, None)
    return Found([row], numbers=numbers)


async def _ask(person: Person, many: int, number: int, tokens: int) -> tuple[float, float]:
    """The latest first word in seconds, and the tokens per second of the slowest reply."""
    chats = [await open_long(person, tokens) for _ in range(many)]
    asks = (person.ask(chat, TASK.format(number * 10 + n)) for n, chat in enumerate(chats))
    timings = await asyncio.gather(*asks)
    exports = [await person.read_export(chat) for chat in chats]
    wrote = [export["messages"][-1]["reply"]["completion_tokens"] for export in exports]
    rates = (n / (timing.whole - timing.first) for n, timing in zip(wrote, timings, strict=True))
    return max(timing.first for timing in timings), min(rates)
