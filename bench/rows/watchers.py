"""Many who only watch, some who read nothing, and one who sends: whether the one notices."""

import contextlib
import statistics
import time
from collections.abc import AsyncIterator

from bench.figures import Found, Row, in_ms, percentile
from bench.options import Size
from bench.person import Person, says_something, visit
from bench.pulse import Pulse, feel_pulse
from bench.rows.first_word import QUESTIONS
from bench.rows.speed import open_long
from bench.stage import Stage
from bench.streams import let_read, watch

GOAL, MEMORY_GOAL, PAUSE_GOAL = 2.0, 300, 20
RUNNING = 2  # long replies that are being written meanwhile
IN_LINE = 8  # of each chat: a small model soon thinks of an end, and then the next one goes on
LONG = "Count from one to a thousand in words, and never stop."
LONG_TOKENS = 2000
SENDS = 20
SLOW, FINISHED = 10, 10  # percent that read nothing, and as many again that ask for what is over


async def measure(stage: Stage, size: Size) -> Found:
    """The sender alone, then beside replies nobody watches, then with ever more who watch."""
    async with visit(stage.url) as person, visit(stage.url) as writer:
        await _send(person, size)  # warms up
        found = Found([])
        for many in size.watchers:
            alone = await _send(person, size)
            async with _writing(writer), feel_pulse(stage, size.calm) as quiet:
                unwatched = await _send(person, size)
                await quiet.look()
            found = found.add(
                await _crowd(stage, size, person, writer, many, alone, unwatched, quiet)
            )
    return found


async def _crowd(
    stage: Stage,
    size: Size,
    person: Person,
    writer: Person,
    many: int,
    alone: list[float],
    unwatched: list[float],
    quiet: Pulse,
) -> Found:
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in writer.client.cookies.jar)
    port, some = stage.parley.port, many * FINISHED // 100
    over = [await writer.open_chat()]
    async with _writing(writer) as chats:
        before = stage.memory_of("chat-ui")
        async with (
            feel_pulse(stage, size.calm) as pulse,
            watch(port, cookies, chats, many, slow=many * SLOW // 100) as streams,
            watch(port, cookies, over, some) as finished,
        ):
            watched = await _send(person, size)
            memory = stage.memory_of("chat-ui")
            await pulse.look()
            await let_read(streams)
            # A stream ends with its reply: whoever has gone was not watching to the end.
            stayed = sum(stream.stays for stream in streams)
            told = sum(stream.ended for stream in finished)
    ratio = percentile(watched, 95) / percentile(alone, 95)
    shown = stayed == many and told == some
    crowd = f"{many} watchers of running replies, a tenth of them reading nothing"
    return Found(
        [
            Row(
                f"{crowd}, and one who sends: the sender's first word p95 ÷ alone",
                f"≤ {GOAL:.0f}",
                f"{ratio:.2f}, {stayed} of them to the end, {told} of {some} who asked for a"
                f" finished one told so; alone {in_ms(alone)},"
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
            Row(
                f"the longest that chat-ui's event loop computed with {many} watchers",
                f"≤ {PAUSE_GOAL} ms",
                f"{pulse.work:.1f} ms; nothing moved for {pulse.pause:.1f} ms,"
                f" {quiet.pause:.1f} ms when nobody watched",
                # It may wait for a core as long as it does when nobody watches, but not longer.
                pulse.work <= PAUSE_GOAL and pulse.pause <= max(PAUSE_GOAL, quiet.pause)
                if shown
                else None,
            ),
        ],
        numbers={"watchers": stayed, "MB watched": memory} if shown else {},
    )


async def _send(person: Person, size: Size) -> list[float]:
    firsts = []
    for number in range(SENDS if size.rounds > SENDS else 4):
        chat = await person.open_chat()
        question = f"{number}. {QUESTIONS[number % len(QUESTIONS)]}"
        firsts.append(await _first_word(person, chat, question))
    return firsts


async def _first_word(person: Person, chat: str, question: str) -> float:
    """Seconds; the rest of the reply is of no interest here."""
    began = time.perf_counter()
    reply, seq = await person.send(chat, question)
    async with contextlib.aclosing(person.watch(chat, seq - 1, reply)) as events:
        async for event, data in events:
            if says_something(event, data, reply):
                break
    took = time.perf_counter() - began
    await person.stop(chat, reply)
    return took


@contextlib.asynccontextmanager
async def _writing(writer: Person) -> AsyncIterator[list[str]]:
    """Long replies, stopped at the end."""
    chats = [await open_long(writer, LONG_TOKENS) for _ in range(RUNNING)]
    replies = [(chat, (await writer.send(chat, LONG))[0]) for chat in chats * IN_LINE]
    try:
        yield chats
    finally:
        for chat, reply in reversed(replies):
            await writer.stop(chat, reply)
