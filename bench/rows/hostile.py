"""Text made to take long to render, in pages and in streams: whether others notice."""

import asyncio
import contextlib
import statistics
import time

from faults.scenarios.long_chat import FILL

from bench.figures import Found, Row, in_ms
from bench.options import Size
from bench.person import Person, visit
from bench.pulse import feel_pulse
from bench.stage import Stage

PAUSE_GOAL = 20
MESSAGES = 50
LONGEST = 32_000
# Each takes the longest in another part of the renderer.
PIECES = ("[", "- a\n", "![a](", "a\n", r"\(a", "*a **b ", "$x$ ", "|a")
WRITE = """
WITH pieces AS (SELECT n, piece FROM unnest(ARRAY[{pieces}]) WITH ORDINALITY AS all_of(piece, n))
UPDATE messages SET content = '{head} ' || repeat(piece, {longest} / length(piece))
FROM pieces WHERE chat_id = '{chat}' AND seq > 1 AND n = 1 + seq % {many};
UPDATE replies SET state = 'stopped' WHERE chat_id = '{chat}';
UPDATE chats SET last_seq = {last} WHERE id = '{chat}';
"""


async def measure(stage: Stage, size: Size) -> Found:
    """Ordinary pages alone, then beside hostile ones and their streams."""
    async with visit(stage.url) as person, visit(stage.url) as villain:
        chat = await person.open_chat()
        async with feel_pulse(stage, size.calm) as before:
            alone = await _open(person, chat, size)
            await before.look()
        async with feel_pulse(stage, size.calm) as pulse:
            tormenting = asyncio.create_task(_torment(stage, villain, size))
            beside = await _open(person, chat, size)
            while not tormenting.done():
                beside += await _open(person, chat, size)
            await tormenting
            await pulse.look()
    rows = [
        Row(
            f"the longest that chat-ui's event loop computed while pages of {MESSAGES} hostile"
            f" messages of {LONGEST // 1000} kB were opened and watched",
            f"≤ {PAUSE_GOAL} ms",
            f"{pulse.work:.1f} ms, {before.work:.1f} ms before; nothing moved for"
            f" {pulse.pause:.1f} ms, {before.pause:.1f} ms before",
            pulse.work <= PAUSE_GOAL and pulse.pause <= max(PAUSE_GOAL, before.pause),
        ),
        Row(
            "an ordinary page beside them, p50",
            "",
            f"{in_ms(beside)}; alone {in_ms(alone)};"
            f" {statistics.median(beside) / statistics.median(alone):.2f} times",
            None,
        ),
    ]
    return Found(rows)


async def _open(person: Person, chat: str, size: Size) -> list[float]:
    times = []
    for _ in range(size.pages * 5):
        began = time.perf_counter()
        (await person.client.get(f"/chats/{chat}")).raise_for_status()
        times.append(time.perf_counter() - began)
    return times


async def _torment(stage: Stage, villain: Person, size: Size) -> None:
    """Pages that nobody has seen before, and the stream of each while a reply is to come:
    too long a one for the model, but it begins with the text of the one before."""
    pieces = ", ".join(f"E'{_escape(piece)}'" for piece in PIECES)
    for number in range(min(len(PIECES), size.pages)):  # each page has all kinds
        chat = await villain.open_chat()
        statement = (FILL + WRITE).format(
            chat=chat,
            last=MESSAGES + number,
            pieces=pieces,
            head=number,
            many=len(PIECES),
            longest=LONGEST,
        )
        await asyncio.to_thread(stage.sql, statement)
        (await villain.client.get(f"/chats/{chat}")).raise_for_status()
        replies = [m for m in (await villain.read_export(chat))["messages"] if m.get("reply")]
        again = f"/chats/{chat}/replies/{replies[-1]['id']}/continue"
        assert (await villain.client.post(again)).status_code == 303
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(_watch(villain, chat), 5)


async def _watch(villain: Person, chat: str) -> None:
    async for _ in villain.watch(chat, 0, ""):
        pass


def _escape(piece: str) -> str:
    return piece.replace("\\", "\\\\").replace("\n", "\\n")
