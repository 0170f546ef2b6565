"""Tokens per second of whole replies, through everything and from the bare server, in turn."""

import asyncio
import statistics
import time

from faults.bare import Prompt, make_prompt

from bench.bare import Bare
from bench.figures import Found, Row
from bench.options import Size
from bench.person import Person, visit
from bench.stage import Stage

GOAL = 0.98
AT_ONCE = (1, 4)
TASK = "Write a long story about number {}, with many people in it."


async def measure(stage: Stage, size: Size) -> Found:
    """One reply alone and four side by side."""
    rows = []
    async with visit(stage.url) as person, stage.bare() as bare:
        for many in AT_ONCE:
            ours, theirs = [], []
            for number in range(1 + size.speeds):
                chats = [await open_long(person, size.story) for _ in range(many)]
                texts = [TASK.format(number * 10 + n) for n in range(many)]
                mine = await _rate_stack(person, dict(zip(chats, texts, strict=True)))
                prompts = [make_prompt(await person.read_export(chat)) for chat in chats]
                bares = await _rate_bare(bare, prompts, size.story)
                if number:  # the first warms up
                    ours.append(mine)
                    theirs.append(bares)
            ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
            rows.append(
                Row(
                    f"tokens per second through the stack ÷ bare, {many} at once",
                    f"≥ {GOAL}",
                    f"{ratio:.3f}; stack {statistics.median(ours):.1f},"
                    f" bare {statistics.median(theirs):.1f} (n = {len(ours)})",
                    ratio >= GOAL,
                )
            )
    return Found(rows)


async def open_long(person: Person, tokens: int) -> str:
    """A chat whose replies may be so long."""
    chat = await person.open_chat()
    form = {"system_prompt": "You are a storyteller.", "reply_tokens": str(tokens)}
    answer = await person.client.post(f"/chats/{chat}/settings", data=form)
    assert answer.status_code == 303, answer.status_code
    return chat


async def _rate_stack(person: Person, questions: dict[str, str]) -> float:
    began = time.perf_counter()
    await asyncio.gather(*(person.ask(chat, text) for chat, text in questions.items()))
    took = time.perf_counter() - began
    exports = [await person.read_export(chat) for chat in questions]
    tokens: int = sum(e["messages"][-1]["reply"]["completion_tokens"] for e in exports)
    return tokens / took


async def _rate_bare(bare: Bare, prompts: list[Prompt], tokens: int) -> float:
    began = time.perf_counter()
    done = await asyncio.gather(*(bare.ask(prompt, tokens) for prompt in prompts))
    return sum(completion.tokens for completion in done) / (time.perf_counter() - began)
