"""What others notice while documents are read: first words, and tokens a second."""

import asyncio
import statistics
from dataclasses import dataclass

from bench.figures import Row, in_ms
from bench.person import Person, question, visit
from tests.support.local_stack import LocalStack

from evaluation.options import Size
from evaluation.reader import Reader
from evaluation.reading import make_scans

FIRST_GOAL, SPEED_GOAL = 1.5, 0.8
WARM_UP = 2
PAGES = 500


@dataclass(frozen=True)
class Replies:
    """Seconds until each one's first word, and tokens a second after it."""

    firsts: list[float]
    speeds: list[float]


def measure(parley: LocalStack, size: Size) -> list[Row]:
    """One person asks, alone and while 500 scanned pages of another's are read."""
    reader = Reader(parley)
    alone, beside = asyncio.run(_ask_both_ways(parley, reader, size.replies))
    (document,) = reader.list_documents()
    assert document["state"] == "running", document
    reader.delete({"scans"})
    later = statistics.median(beside.firsts) / statistics.median(alone.firsts)
    slower = statistics.median(beside.speeds) / statistics.median(alone.speeds)
    return [
        Row(
            f"another person's first word while {PAGES} scanned pages are read ÷ alone",
            f"≤ {FIRST_GOAL}",
            f"{later:.2f}; {in_ms(beside.firsts)}, alone {in_ms(alone.firsts)}",
            later <= FIRST_GOAL,
        ),
        Row(
            "tokens a second of that person's replies ÷ alone",
            f"≥ {SPEED_GOAL}",
            f"{slower:.2f}; {statistics.median(beside.speeds):.1f},"
            f" alone {statistics.median(alone.speeds):.1f}",
            slower >= SPEED_GOAL,
        ),
    ]


async def _ask_both_ways(
    parley: LocalStack, reader: Reader, replies: int
) -> tuple[Replies, Replies]:
    async with visit(parley.url) as person:
        await _ask(person, WARM_UP)
        alone = await _ask(person, replies)
        await asyncio.to_thread(reader.upload, [("scans.pdf", make_scans(PAGES))])
        await asyncio.to_thread(reader.wait_until_reading)
        return alone, await _ask(person, replies)


async def _ask(person: Person, replies: int) -> Replies:
    found = Replies([], [])
    for number in range(replies):
        chat = await person.open_chat()
        timing = await person.ask(chat, question(number))
        reply = await person.read_reply(chat)
        found.firsts.append(timing.first)
        found.speeds.append(reply["completion_tokens"] / (timing.whole - timing.first))
    return found
