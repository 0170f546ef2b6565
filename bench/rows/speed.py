"""Whole replies, alone and ever more side by side, through everything and from the bare server."""

import asyncio
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from faults.bare import make_prompt

from bench.bare import Bare, Completion
from bench.figures import Curve, Found, Row
from bench.options import Size
from bench.person import Person, Timing, visit
from bench.stage import Stage

GOAL = 0.98
AT_ONCE = (1, 2, 3, 4, 8)
JUDGED = {1, 4}
TASK = "Write a long story about number {}, with many people in it."


@dataclass(frozen=True)
class Replies:
    """What was asked for in one moment: its timings, and how many tokens each reply has."""

    timings: Sequence[Timing | Completion]
    tokens: list[int]

    @property
    def rate(self) -> float:
        """Tokens per second of all together."""
        return sum(self.tokens) / max(timing.whole for timing in self.timings)

    @property
    def slowest(self) -> float:
        """Tokens per second of the slowest, once it has begun."""
        both = zip(self.tokens, self.timings, strict=True)
        return min(tokens / (timing.whole - timing.first) for tokens, timing in both)

    @property
    def firsts(self) -> list[float]:
        return [timing.first for timing in self.timings]


async def measure(stage: Stage, size: Size) -> Found:
    """Rounds of both sides in turn; fewer of those without a goal."""
    found = Found([])
    means: list[list[float]] = [[], []]
    seen = []
    async with visit(stage.url) as person, stage.bare() as bare:
        await _ask(person, bare, max(AT_ONCE), 0, size.story)  # warms up
        for many in AT_ONCE:
            rounds = range(1, 1 + (size.speeds if many in JUDGED else -(-size.speeds // 3)))
            pairs = [await _ask(person, bare, many, number, size.story) for number in rounds]
            if many in JUDGED:
                found.rows.append(_judge(many, pairs))
            for mean, side in zip(means, zip(*pairs, strict=True), strict=True):
                mean.append(statistics.mean(first for replies in side for first in replies.firsts))
            latest = statistics.median(max(ours.firsts) for ours, _ in pairs)
            each = statistics.median(ours.slowest for ours, _ in pairs)
            found.numbers[f"first word of {many}"] = latest
            found.numbers[f"each of {many}"] = each
            found.numbers[f"all of {many}"] = statistics.median(ours.rate for ours, _ in pairs)
            seen.append(f"{many}: {each:.1f}, {latest * 1000:.0f} ms")
    figure = "so many replies at once: the slowest's tokens/s, latest first word"
    found.rows.append(Row(figure, "", ", ".join(seen), None))
    found.curves.append(Curve("chats asking at once (mean)", list(AT_ONCE), *means))
    return found


def _judge(many: int, pairs: list[tuple[Replies, Replies]]) -> Row:
    ratio = statistics.median(ours.rate / theirs.rate for ours, theirs in pairs)
    stack, bare = (
        statistics.median(each.rate for each in side) for side in zip(*pairs, strict=True)
    )
    return Row(
        f"tokens per second through the stack ÷ bare, {many} at once",
        f"≥ {GOAL}",
        f"{ratio:.3f}; stack {stack:.1f}, bare {bare:.1f} (n = {len(pairs)})",
        ratio >= GOAL,
    )


async def _ask(
    person: Person, bare: Bare, many: int, number: int, tokens: int
) -> tuple[Replies, Replies]:
    """New chats at once, then the bare server with the same prompts."""
    settings = {"system_prompt": "You are a storyteller.", "reply_tokens": str(tokens)}
    chats = [await person.open_chat(**settings) for _ in range(many)]
    texts = [TASK.format(many * 1000 + number * 10 + n) for n in range(many)]
    ours = await asyncio.gather(*map(person.ask, chats, texts))
    exports = [await person.read_export(chat) for chat in chats]
    wrote = [export["messages"][-1]["reply"]["completion_tokens"] for export in exports]
    salt = await person.read_salt(chats[0])
    prompts = [make_prompt(export, salt=salt) for export in exports]
    theirs = await asyncio.gather(*(bare.ask(prompt, tokens) for prompt in prompts))
    return Replies(ours, wrote), Replies(theirs, [each.tokens for each in theirs])
