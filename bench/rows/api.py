"""What a program waits for: the first token and whole answers over `/v1/chat/completions`, and from
the bare server, in turn. Both are asked by the same client."""

import statistics
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx

from bench.bare import Bare, Completion
from bench.figures import Found, Row, in_ms, percentile
from bench.options import Size
from bench.person import question, visit
from bench.stage import Stage

WARM_UP = 3
FIRST_GOAL, RATE_GOAL = 0.010, 0.98
TASK = "Write a long story about number {}, with many people in it."


async def measure(stage: Stage, size: Size) -> Found:
    """Each question is asked on both sides, one right after the other."""
    async with open_program(stage) as ours, stage.bare() as bare:
        short = [await _ask(ours, bare, question(n), 0) for n in range(WARM_UP + size.rounds)]
        long = [await _ask(ours, bare, TASK.format(n), size.story) for n in range(1 + size.speeds)]
    return Found([judge_firsts(short[WARM_UP:]), judge_rates(long[1:])])


@asynccontextmanager
async def open_program(stage: Stage) -> AsyncIterator[Bare]:
    """A program with a token of somebody's, which keeps its connection as OpenAI's SDK does."""
    async with visit(stage.url) as person:
        await person.open_chat()
        headers = {"Authorization": f"Bearer {await person.make_token()}"}
        async with httpx.AsyncClient(
            base_url=stage.url, headers=headers, timeout=120, trust_env=False
        ) as client:
            models = (await client.get("/v1/models")).raise_for_status().json()["data"]
            yield Bare(client, stage.reply_tokens, models[0]["id"])


async def _ask(ours: Bare, bare: Bare, text: str, tokens: int) -> tuple[Completion, Completion]:
    prompt = [{"role": "user", "content": text}]
    return await ours.ask(prompt, tokens), await bare.ask(prompt, tokens)


def judge_firsts(pairs: Sequence[tuple[Completion, Completion]]) -> Row:
    """Of each side by itself: pairs would add the noise of the one to that of the other."""
    ours, theirs = ([each.first for each in side] for side in zip(*pairs, strict=True))
    added = percentile(ours, 50) - percentile(theirs, 50)
    return Row(
        "first token over the API, minus bare, p50",
        "≤ 10 ms",
        f"{added * 1000:.1f} ms; API {in_ms(ours)}, bare {in_ms(theirs)}",
        added <= FIRST_GOAL,
    )


def judge_rates(pairs: Sequence[tuple[Completion, Completion]]) -> Row:
    """From the request to its end, in pairs: the machine's speed changes meanwhile."""
    rates = [[each.tokens / each.whole for each in side] for side in zip(*pairs, strict=True)]
    ratio = statistics.median(ours / bare for ours, bare in zip(*rates, strict=True))
    api, bare = map(statistics.median, rates)
    return Row(
        "tokens per second over the API ÷ bare",
        f"≥ {RATE_GOAL}",
        f"{ratio:.3f}; API {api:.1f}, bare {bare:.1f} (n = {len(pairs)})",
        ratio >= RATE_GOAL,
    )
