"""Many who only watch, and one who sends: whether the one notices."""

import asyncio
import contextlib
import statistics
from collections.abc import AsyncIterator

from bench.figures import Found, Row, in_ms, percentile
from bench.options import Size
from bench.person import Person, visit
from bench.rows.first_word import QUESTIONS
from bench.rows.speed import open_long
from bench.stage import Stage

GOAL, MEMORY_GOAL = 2.0, 300
RUNNING = 2  # long replies that are being written meanwhile
LONG = "Count from one to a thousand in words, and never stop."
LONG_TOKENS = 2000
SENDS = 20

Tasks = list[asyncio.Task[None]]


async def measure(stage: Stage, size: Size) -> Found:
    """The sender alone, then beside replies nobody watches, then with everybody watching."""
    async with visit(stage.url) as person, visit(stage.url) as writer:
        alone = await _send(person, size)
        async with _writing(writer) as chats:
            unwatched = await _send(person, size)
        async with _writing(writer) as chats, _watching(writer, chats, size.watchers) as tasks:
            watched = await _send(person, size)
            memory = stage.memory_of("chat-ui")
            # A stream ends with its reply: whoever has gone was not watching to the end.
            stayed = sum(not task.done() for task in tasks)
    p95, p95_alone = percentile(watched, 95), percentile(alone, 95)
    ratio = p95 / p95_alone
    rows = [
        Row(
            f"{size.watchers} watchers of running replies, and one who sends:"
            " the sender's first word p95 ÷ alone",
            "≤ 2",
            f"{ratio:.2f}, {stayed} of them to the end; alone {in_ms(alone)},"
            f" beside {RUNNING} unwatched replies {in_ms(unwatched)}, watched {in_ms(watched)};"
            f" median of watched ÷ unwatched"
            f" {statistics.median(watched) / statistics.median(unwatched):.2f}",
            ratio <= GOAL if stayed == size.watchers else None,
        ),
        Row(
            f"chat-ui's memory with {size.watchers} watchers",
            f"< {MEMORY_GOAL} MB",
            f"{memory:.0f} MB",
            memory < MEMORY_GOAL if stayed == size.watchers else None,
        ),
    ]
    return Found(rows)


async def _send(person: Person, size: Size) -> list[float]:
    firsts = []
    for number in range(SENDS if size.rounds > SENDS else 4):
        chat = await person.open_chat()
        question = f"{number}. {QUESTIONS[number % len(QUESTIONS)]}"
        firsts.append((await person.ask(chat, question)).first)
    return firsts


@contextlib.asynccontextmanager
async def _writing(writer: Person) -> AsyncIterator[list[str]]:
    """Long replies, stopped at the end."""
    chats = [await open_long(writer, LONG_TOKENS) for _ in range(RUNNING)]
    replies = [(chat, (await writer.send(chat, LONG))[0]) for chat in chats]
    try:
        yield chats
    finally:
        for chat, reply in replies:
            await writer.client.post(f"/chats/{chat}/replies/{reply}/stop")


@contextlib.asynccontextmanager
async def _watching(
    writer: Person, chats: list[str], many: int
) -> AsyncIterator[list[asyncio.Task[None]]]:
    async def watch(chat: str) -> None:
        async with writer.client.stream("GET", f"/chats/{chat}/events") as stream:
            async for _ in stream.aiter_raw():
                pass

    tasks = [asyncio.create_task(watch(chats[n % len(chats)])) for n in range(many)]
    await asyncio.sleep(2)  # for all to have come
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
