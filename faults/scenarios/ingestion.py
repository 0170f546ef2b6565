"""`kill -9` of everything that a document passes through, while it is uploaded and read."""

import asyncio
import contextlib
import functools
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
from tests.support.embedding_model import write_embedding_model
from tests.support.local_stack import make_home

from faults.browser import PATIENCE, Browser, UnexpectedAnswer
from faults.stack import EMBEDDER
from faults.terminal import say
from faults.trial import Trial
from faults.uploads import Phase, Sent, delete, make_document, send, upload
from faults.waiting import until

SERVICES = ("doc-worker", "db-api", "chat-ui", "db", "nginx", "embed")
PEOPLE = 2
PAGES, PAGES_QUICK = 250, 120
PAGES_EMBEDDED = 8  # of a document whose vectors are waited for
BETWEEN = 3.0  # seconds without such a one
LONG = 600.0  # seconds, in which it is killed again and again
CUT_OFF = 0.2  # of all uploads
UNREAD = ("queued", "running")
PHASES = (Phase.SENDING, Phase.READING)
AT_WORK = {"doc-worker": Phase.READING, "embed": Phase.EMBEDDING}  # when these have something to do

READING = "SELECT id::text, progress FROM documents WHERE state = 'running' AND NOT embedding"
# One that gets vectors has been read.
STATE = """
SELECT CASE WHEN embedding THEN 'complete' ELSE state END, progress FROM documents WHERE id = %s
"""
STORED = "SELECT number, text FROM document_pages WHERE document_id = %s ORDER BY number"
PASSAGES = """
SELECT p.page, p.start_offset,
    p.text = substr(d.text, p.start_offset + 1, p.end_offset - p.start_offset)
FROM passages p JOIN document_pages d ON d.document_id = p.document_id AND d.number = p.page
WHERE p.document_id = %s
"""
VECTORS = """
SELECT d.vector_model IS NOT NULL, count(*) FILTER (WHERE v.passage_id IS NULL)
FROM documents d
JOIN passages p ON p.document_id = d.id LEFT JOIN passage_vectors v ON v.passage_id = p.id
WHERE d.id = %s GROUP BY d.id
"""
UNFINISHED = "SELECT count(*) FROM files WHERE stored_at IS NULL"
TIME_PASSES = "UPDATE files SET touched_at = touched_at - interval '10 min' WHERE stored_at IS NULL"
Rows = list[tuple[object, ...]]


class Kept:
    """What people have sent, and what the database says of it, however often it is killed."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self.sent: list[Sent] = []

    def count(self, phase: Phase) -> int:
        """How many documents are in it."""
        return sum(each.phase is phase for each in self.sent)

    async def ask(self, statement: str, *values: object) -> Rows:
        """The rows; asked again while the database is away."""
        rows: list[Rows] = []

        async def answers() -> bool:
            with contextlib.suppress(psycopg2.Error):
                rows.append(await asyncio.to_thread(self._trial.parley.sql, statement, *values))
            return bool(rows)

        await until(answers, "the database answers", PATIENCE, 0.1)
        return rows[0]


@contextlib.contextmanager
def with_embed() -> Iterator[Path]:
    """A home with an embedding model, so that documents get vectors."""
    home = make_home()
    try:
        write_embedding_model(home / EMBEDDER)
        yield home
    finally:
        shutil.rmtree(home)


async def run(trial: Trial) -> None:
    """`trial.size` kills of each service, in random order, half of them in mid-upload and half in
    mid-reading; of doc-worker and embed while they are at work. Meanwhile people upload documents
    and look at what became of them, one of them when they have got vectors."""
    order = [service for service in SERVICES for _ in range(trial.size)]
    trial.rng.shuffle(order)
    kept, ending = Kept(trial), asyncio.Event()
    people = [trial.browser() for _ in range(PEOPLE)]
    tasks = [asyncio.create_task(_keep_uploading(trial, kept, person, ending)) for person in people]
    people.append(trial.browser())
    tasks.append(asyncio.create_task(_keep_embedding(trial, kept, people[-1], ending)))
    try:
        for number, service in enumerate(order, 1):
            phase = AT_WORK.get(service, PHASES[number % 2])
            is_there: Callable[[], object] = functools.partial(kept.count, phase)
            if phase is Phase.READING:
                is_there = functools.partial(kept.ask, READING)
            await until(is_there, f"a document to be {phase.value}", LONG)
            await asyncio.sleep(trial.rng.uniform(0, 0.2))
            await _kill(trial, kept, service)
            say(f"  {number}/{len(order)}: {service} killed, {len(kept.sent)} documents so far")
        ending.set()
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:  # those of an interrupted scenario
            task.cancel()
    await _look_for_rests(trial, kept, people)


async def _kill(trial: Trial, kept: Kept, service: str) -> None:
    reading = await kept.ask(READING)
    counts = trial.found.counts
    counts["kills in mid-upload"] += kept.count(Phase.SENDING) > 0
    counts["kills in mid-reading"] += bool(reading)
    counts["kills while vectors are made"] += kept.count(Phase.EMBEDDING) > 0
    before = trial.kill(service)
    await trial.parley.wait_until_replaced(service, before)
    await trial.parley.wait_until_well(PATIENCE)
    if service == "doc-worker" and reading:
        (document, progress), killed = reading[0], trial.last_fault

        async def goes_on() -> bool:
            rows = await kept.ask(STATE, document)
            return not rows or rows[0][0] == "complete" or rows[0][1] != progress

        await until(goes_on, "the reading continues", PATIENCE, 0.05)
        trial.found.figures["reading continues after"].append(time.monotonic() - killed)


async def _keep_uploading(trial: Trial, kept: Kept, person: Browser, ending: asyncio.Event) -> None:
    """One document after the other: uploaded, read, compared and deleted."""
    await person.open_chat()  # brings the session
    while not ending.is_set():
        # Vectors are made when no document waits to be read.
        await until(lambda: not kept.count(Phase.EMBEDDING), "vectors are made", LONG)
        with _begin(trial, kept, PAGES_QUICK if trial.quick else PAGES) as sent:
            if trial.rng.random() < CUT_OFF:
                trial.found.counts["uploads cut off by the person"] += 1
                with contextlib.suppress(Exception):
                    await send(person, sent, trial.rng.uniform(0.1, 0.9))
            else:
                await upload(person, sent)
                sent.phase = Phase.READING
                await _compare(trial, kept, person, sent)
                await delete(person, sent)


async def _keep_embedding(trial: Trial, kept: Kept, person: Browser, ending: asyncio.Event) -> None:
    """A short document now and then, which is looked at when it has vectors. Until then nobody
    begins another one."""
    await person.open_chat()
    while not ending.is_set():
        await asyncio.sleep(BETWEEN)
        with _begin(trial, kept, PAGES_EMBEDDED) as sent:
            await upload(person, sent)
            sent.phase = Phase.READING
            await _compare(trial, kept, person, sent)
            sent.phase = Phase.EMBEDDING
            vectors = await _wait(trial, kept, sent, VECTORS, lambda rows: rows[0][0])
            if any(missing for _, missing in vectors):
                trial.found.violate("document", f"{sent.name}: passages without vectors")
            trial.found.counts["documents given vectors"] += 1
            await delete(person, sent)


@contextlib.contextmanager
def _begin(trial: Trial, kept: Kept, pages: int) -> Iterator[Sent]:
    """A new document, until it is over. What people can't have been answered is a violation."""
    kept.sent.append(sent := make_document(f"{trial.seed}-{len(kept.sent) + 1}", pages))
    try:
        yield sent
    except UnexpectedAnswer as error:
        trial.found.violate("document", str(error))
    finally:
        sent.phase = Phase.OVER


async def _wait(
    trial: Trial, kept: Kept, sent: Sent, statement: str, is_so: Callable[[Rows], object]
) -> Rows:
    """What the database says of it, once it is so, or when it is gone. A minute after the last
    fault is too late."""
    while (rows := await kept.ask(statement, sent.id)) and not is_so(rows):
        if time.monotonic() - max(sent.confirmed, trial.last_fault) > PATIENCE:
            raise UnexpectedAnswer(
                f"{sent.name} was not {sent.phase.value} {PATIENCE:.0f} s after the last fault"
            )
        await asyncio.sleep(0.1)
    return rows


async def _compare(trial: Trial, kept: Kept, person: Browser, sent: Sent) -> None:
    """What is stored of it, once it is read, with what was sent."""
    state = await _wait(trial, kept, sent, STATE, lambda rows: rows[0][0] not in UNREAD)
    pages, passages = await kept.ask(STORED, sent.id), await kept.ask(PASSAGES, sent.id)
    original = await person.get(f"/documents/{sent.id}/original")
    for words in find_faults(sent, [str(s[0]) for s in state], pages, passages, original.content):
        trial.found.violate("document", f"{sent.name}: {words}")
    trial.found.counts["documents read"] += 1
    trial.found.counts["pages read"] += len(pages)


def find_faults(
    sent: Sent, states: list[str], pages: Rows, passages: Rows, original: bytes
) -> list[str]:
    """What is wrong with a document that was confirmed. A page is a row of number and text; a
    passage one of page, beginning, and whether it is what the page says there."""
    if states != ["complete"]:
        return [f"it was confirmed, and is {states[0] if states else 'gone'}"]
    found = []
    if original != sent.content:
        found.append("its bytes are not those that were sent")
    if pages != list(enumerate(sent.pages, 1)):
        found.append(f"{len(pages)} pages are stored that are not its {len(sent.pages)}")
    if {page for page, *_ in passages} != {number for number, _ in pages}:
        found.append("there are pages without passages")
    if any(count > 1 for count in Counter((page, start) for page, start, _ in passages).values()):
        found.append("there are passages twice")
    if not all(right for *_, right in passages):
        found.append("there are passages that are not what their page says")
    return found


async def _look_for_rests(trial: Trial, kept: Kept, people: list[Browser]) -> None:
    """When ten minutes have passed, the next upload of a person finds nothing of those cut off."""
    trial.found.counts["uploads cut off that left something"] += int(
        str((await kept.ask(UNFINISHED))[0][0])
    )
    await kept.ask(TIME_PASSES)
    for person in people:
        await upload(person, make_document(f"{trial.seed}-{person.name}", 1))
    if left := (await kept.ask(UNFINISHED))[0][0]:
        trial.found.violate("document", f"{left} uploads that were cut off left something")
