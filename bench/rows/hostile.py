"""Text made to take long to render, in pages and in streams: whether the event loop notices."""

import asyncio
import contextlib

from faults.scenarios.long_chat import FILL

from bench.event_loop_lag import watch_event_loop
from bench.figures import Found
from bench.options import Size
from bench.person import Person, visit
from bench.stage import Stage

MESSAGES = 50
LONGEST = 24_000  # a page has room for eight of them, one of each kind
WATCH_SECONDS = 5
# Each takes the longest in another part of the renderer.
PIECES = r"E'[', E'- a\n', E'![a](', E'a\n', E'\\(a', E'*a **b ', E'$x$ ', E'|a'"
WRITE = """
WITH pieces AS (SELECT n, piece FROM unnest(ARRAY[{pieces}]) WITH ORDINALITY AS all_of(piece, n))
UPDATE messages SET content = '{head} ' || repeat(piece, {longest} / length(piece))
FROM pieces WHERE chat_id = '{chat}' AND seq > 1 AND n = 1 + seq % 8;
UPDATE replies SET state = 'stopped' WHERE chat_id = '{chat}';
UPDATE chats SET last_seq = {last} WHERE id = '{chat}';
"""


async def measure(stage: Stage, size: Size) -> Found:
    """Ordinary pages first, then hostile ones and their streams."""
    async with visit(stage.url) as person:
        chat = await person.open_chat()
        async with watch_event_loop(stage, size.calm) as quiet:
            for _ in range(size.pages * 5):
                await person.time_page(chat)
            await quiet.look()
        async with watch_event_loop(stage, size.calm) as lag:
            for number in range(size.pages):  # each page has all kinds
                await _open_hostile(stage, person, number)
            await lag.look()
    when = f"while chats of {MESSAGES} hostile messages of {LONGEST // 1000} kB were opened"
    return Found([lag.judge(f"{when} and watched", quiet)])


async def _open_hostile(stage: Stage, person: Person, number: int) -> None:
    """A page that nobody has seen before, and its stream while a reply is to come: too long a one
    for the model, but it begins with the text of the one before."""
    chat = await person.open_chat()
    stage.sql(
        (FILL + WRITE).format(
            chat=chat, last=MESSAGES + number, pieces=PIECES, head=number, longest=LONGEST
        )
    )
    await person.time_page(chat)
    replies = [m for m in (await person.read_export(chat))["messages"] if m.get("reply")]
    await person.submit(f"/chats/{chat}/replies/{replies[-1]['id']}/continue")
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(WATCH_SECONDS):
            async for _ in person.watch(chat, 0, ""):
                pass
