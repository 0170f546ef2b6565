"""What lm-api's settings are compared by: each task gives tokens per second and first words."""

import asyncio
import itertools
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from faults.bare import Prompt

from bench.bare import Bare, Completion
from bench.rows.speed import TASK


@dataclass(frozen=True)
class Extent:
    """How much of each task is done."""

    many: tuple[int, ...]  # who ask at once
    few: tuple[int, ...]
    tokens: int  # of a story
    copied: int  # tokens
    chats: int  # that take turns: more than there are slots
    turns: int
    said: int  # tokens in a turn


FULL = Extent(many=(1, 4, 8, 16), few=(1, 4), tokens=32, copied=64, chats=6, turns=3, said=8)
QUICK = Extent(many=(1, 2), few=(1, 2), tokens=2, copied=2, chats=2, turns=2, said=2)
SYSTEM = {
    "role": "system",
    "content": "You are a patient teacher. You answer in short sentences, name an example for all"
    " that is abstract, and say plainly what you do not know.",
}
TEXT = (
    "The bridge over the river was closed for repairs in April. Three workers painted its rails"
    " green, two others laid new planks, and a boy from the village brought them bread and cold"
    " tea every noon. When the bridge was opened again, all of them walked across it together."
)
Seen = dict[str, tuple[float, float]]  # by column: tokens per second, the median first word in s
Task = Callable[[Bare, Extent], Awaitable[Seen]]

_numbers = itertools.count()  # so that no prompt is known from before


async def write(bare: Bare, extent: Extent) -> Seen:
    """Stories, by ever more who ask in the same moment."""
    return await _ask_ever_more(bare, extent.many, TASK, extent.tokens)


async def write_few(bare: Bare, extent: Extent) -> Seen:
    """The same, by no more than there are slots: beside other work it takes long."""
    return await _ask_ever_more(bare, extent.few, TASK, extent.tokens)


async def copy(bare: Bare, extent: Extent) -> Seen:
    """What is to be written stands in the prompt."""
    task = f"Text {{}}:\n\n{TEXT}\n\nRepeat this text word for word."
    return await _ask_ever_more(bare, extent.few, task, extent.copied)


async def take_turns(bare: Bare, extent: Extent) -> Seen:
    """Chats under one system prompt, one after the other, each coming back when all have asked."""
    talks: list[Prompt] = [[SYSTEM] for _ in range(extent.chats)]
    turns: list[list[Completion]] = []
    for _ in range(extent.turns):
        turns.append([])
        for talk in talks:
            talk.append({"role": "user", "content": f"{next(_numbers)}. {TEXT} And then?"})
            turns[-1].append(await bare.ask(talk, extent.said))
            talk.append({"role": "assistant", "content": turns[-1][-1].text})
    later = [completion for turn in turns[1:] for completion in turn]
    return {"first turn": _judge(turns[0]), "later turns": _judge(later)}


async def _ask_ever_more(bare: Bare, steps: tuple[int, ...], task: str, tokens: int) -> Seen:
    seen: Seen = {}
    for many in steps:
        texts = [task.format(next(_numbers)) for _ in range(many)]
        asks = (bare.ask([{"role": "user", "content": text}], tokens) for text in texts)
        began = time.perf_counter()
        done = await asyncio.gather(*asks)
        seen[f"{many} at once"] = _judge(done, time.perf_counter() - began)
    return seen


def _judge(done: list[Completion], took: float = 0) -> tuple[float, float]:
    """Without `took` they came one after the other."""
    took = took or sum(completion.timing.whole for completion in done)
    rate = sum(completion.tokens for completion in done) / took
    return rate, statistics.median(completion.timing.first for completion in done)
