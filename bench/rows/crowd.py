"""First words when several people ask in the same moment."""

import asyncio
import statistics

from faults.bare import make_prompt

from bench.figures import Curve, Found, Row
from bench.options import Size
from bench.person import visit
from bench.rows.first_word import QUESTIONS
from bench.stage import Stage

AT_ONCE = (1, 2, 4, 8)


async def measure(stage: Stage, size: Size) -> Found:
    """So many at once through everything, then as many at the bare server, and so on."""
    ours: dict[int, list[float]] = {many: [] for many in AT_ONCE}
    theirs: dict[int, list[float]] = {many: [] for many in AT_ONCE}
    async with visit(stage.url) as person, stage.bare() as bare:
        for number in range(max(1, size.rounds // 10)):
            for many in AT_ONCE:
                chats = [await person.open_chat() for _ in range(many)]
                texts = [f"{number}.{n} {QUESTIONS[n % len(QUESTIONS)]}" for n in range(many)]
                asks = (person.ask(c, t) for c, t in zip(chats, texts, strict=True))
                ours[many] += [timing.first for timing in await asyncio.gather(*asks)]
                prompts = [make_prompt(await person.read_export(chat)) for chat in chats]
                done = await asyncio.gather(*(bare.ask(prompt) for prompt in prompts))
                theirs[many] += [completion.timing.first for completion in done]
    # The mean, for with more who ask than slots half of them wait and half do not.
    mine = [statistics.mean(ours[many]) for many in AT_ONCE]
    bares = [statistics.mean(theirs[many]) for many in AT_ONCE]
    seen = ", ".join(
        f"{many}: {a * 1000:.0f} / {b * 1000:.0f}"
        for many, a, b in zip(AT_ONCE, mine, bares, strict=True)
    )
    row = Row("mean first word with so many asking at once, stack / bare, in ms", "", seen, None)
    return Found([row], [Curve("chats asking at once (mean)", list(AT_ONCE), mine, bares)])
