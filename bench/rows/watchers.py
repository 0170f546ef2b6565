"""Many who only watch, some who read nothing, and one who sends: whether the one notices."""

import contextlib
import statistics
from collections.abc import AsyncIterator

from bench.event_loop_lag import watch_event_loop
from bench.figures import Found, Row, in_ms, percentile
from bench.options import Size
from bench.person import Person, question, visit
from bench.stage import Stage
from bench.streams import count_staying, watch

GOAL, MEMORY_GOAL = 2.0, 300
RUNNING = 2  # long replies that are being written meanwhile
QUEUED = 8  # of each chat: a small model soon thinks of an end, and then the next reply begins
LONG = "Count from one to a thousand in words, and never stop."
SETTINGS = {"system_prompt": "You are a storyteller.", "reply_tokens": "2000"}
MOST_SENDS = 20


async def measure(stage: Stage, size: Size) -> Found:
    """Ever more who watch."""
    found = Found([])
    async with visit(stage.url) as person, visit(stage.url) as writer:
        await _send(person, size)  # warms up
        for many in size.watchers:
            rows, numbers = await _crowd(stage, size, person, writer, many)
            found.rows.extend(rows)
            found.numbers.update(numbers)
    return found


async def _crowd(
    stage: Stage, size: Size, person: Person, writer: Person, many: int
) -> tuple[list[Row], dict[str, float]]:
    """The sender alone, then beside replies nobody watches, then beside watched ones."""
    alone = await _send(person, size)
    async with _writing(writer), watch_event_loop(stage, size.calm) as quiet:
        unwatched = await _send(person, size)
        await quiet.look()
    async with _writing(writer) as chats:
        before = stage.memory_of("chat-ui")
        async with (
            watch_event_loop(stage, size.calm) as lag,
            watch(stage.parley.port, writer, chats, many, slow=many // 10) as streams,
        ):
            watched = await _send(person, size)
            memory = stage.memory_of("chat-ui")
            await lag.look()
            stayed = await count_staying(streams)
    ratio = percentile(watched, 95) / percentile(alone, 95)
    shown = stayed == many  # a stream ends with its reply: who has gone saw nothing of the rest
    rows = [
        Row(
            f"{many} watchers of running replies, a tenth of them reading nothing,"
            " and one who sends: the sender's first word p95 ÷ alone",
            f"≤ {GOAL:.0f}",
            f"{ratio:.2f}, {stayed} of them to the end; alone {in_ms(alone)},"
            f" beside {RUNNING} unwatched replies {in_ms(unwatched)}, watched {in_ms(watched)};"
            f" median of watched ÷ unwatched"
            f" {statistics.median(watched) / statistics.median(unwatched):.2f}",
            ratio <= GOAL if shown else None,
        ),
        Row(
            f"chat-ui's memory with {many} watchers",
            f"< {MEMORY_GOAL} MB",
            f"{memory:.0f} MB, {(memory - before) * 1000 / many:.0f} kB for each",
            memory < MEMORY_GOAL if shown else None,
        ),
        lag.judge(f"with {many} watchers", quiet, shown=shown),
    ]
    return rows, {"watchers": stayed, "MB watched": memory} if shown else {}


async def _send(person: Person, size: Size) -> list[float]:
    """First words; the rest of those replies is of no interest here."""
    return [
        (await person.ask(await person.open_chat(), question(number), stop=True)).first
        for number in range(min(MOST_SENDS, size.rounds))
    ]


@contextlib.asynccontextmanager
async def _writing(writer: Person) -> AsyncIterator[list[str]]:
    """Long replies, stopped at the end."""
    chats = [await writer.open_chat(**SETTINGS) for _ in range(RUNNING)]
    replies = [(chat, (await writer.send(chat, LONG))[0]) for chat in chats * QUEUED]
    try:
        yield chats
    finally:
        for chat, reply in reversed(replies):
            await writer.stop(chat, reply)
