"""What lm-api's settings are compared by: each task gives tokens per second and first words."""

import asyncio
import itertools
import statistics
from dataclasses import dataclass

from faults.bare import Prompt

from bench.bare import Bare, Completion
from bench.rows.speed import TASK


@dataclass(frozen=True)
class Extent:
    """How much of each task is done."""

    many: tuple[int, ...]  # who ask at once
    few: tuple[int, ...]  # no more than there are slots
    tokens: int  # of a story; a copied text has twice as many, what is said in a turn a quarter
    chats: int  # that take turns
    turns: int


FULL = Extent(many=(1, 4, 8, 16), few=(1, 4), tokens=32, chats=6, turns=3)
QUICK = Extent(many=(1, 2), few=(1, 2), tokens=4, chats=2, turns=2)
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
COPY = f"Text {{}}:\n\n{TEXT}\n\nRepeat this text word for word."
Seen = dict[str, tuple[float, float]]  # by column: tokens per second, the median first word in s

_numbers = itertools.count()  # so that no prompt is known from before


async def do_task(bare: Bare, task: str, extent: Extent) -> Seen:
    """One of the tasks that are compared."""
    if task == "taking turns":
        return await _take_turns(bare, extent)
    if task == "copying":  # what is to be written is in the prompt
        return await _ask_at_once(bare, extent.few, COPY, extent.tokens * 2)
    steps = extent.many if task == "writing" else extent.few  # beside other work it takes long
    return await _ask_at_once(bare, steps, TASK, extent.tokens)


async def _ask_at_once(bare: Bare, steps: tuple[int, ...], task: str, tokens: int) -> Seen:
    """Ever more who ask in the same moment."""
    seen: Seen = {}
    for many in steps:
        prompts = [[{"role": "user", "content": task.format(next(_numbers))}] for _ in range(many)]
        done = await asyncio.gather(*(bare.ask(prompt, tokens) for prompt in prompts))
        seen[f"{many} at once"] = _judge(done, max(completion.whole for completion in done))
    return seen


async def _take_turns(bare: Bare, extent: Extent) -> Seen:
    """Chats under one system prompt, one after the other, each coming back when all have asked."""
    talks: list[Prompt] = [[SYSTEM] for _ in range(extent.chats)]
    done = []
    for talk in talks * extent.turns:
        talk.append({"role": "user", "content": f"{next(_numbers)}. {TEXT} And then?"})
        done.append(await bare.ask(talk, extent.tokens // 4))
        talk.append({"role": "assistant", "content": done[-1].text})
    parts = {"first turn": done[: extent.chats], "later turns": done[extent.chats :]}
    return {
        turn: _judge(some, sum(completion.whole for completion in some))
        for turn, some in parts.items()
    }


def _judge(done: list[Completion], took: float) -> tuple[float, float]:
    """Tokens per second, and the median first word."""
    firsts = (completion.first for completion in done)
    return sum(completion.tokens for completion in done) / took, statistics.median(firsts)
