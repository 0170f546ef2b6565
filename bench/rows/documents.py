"""Documents: pages a second beside the bare programs, and what reading costs those who chat."""

import asyncio
import contextlib
import itertools
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.doc_worker.files import scanned_pdf, text_pdf

from bench.figures import Found, Row, in_ms
from bench.options import Size
from bench.person import Person, visit
from bench.rows.speed import TASK
from bench.stage import Stage

TEXT_GOAL, OCR_GOAL = 0.7, 0.8  # of the bare program's pages a second
FIRST_GOAL, RATE_GOAL = 1.5, 0.8  # times what they are when nothing is read
LONG = 500  # pages
LINES = 40
QUEUED = 6  # long documents: more than are read while somebody chats
LOOK_S = 0.5  # between two looks at one
DPI = 200
LANGUAGES = "eng+deu"
# What anybody would write who has only PDFium. A program of its own: so is our child.
BARE = """
import sys, pypdfium2
pdf = pypdfium2.PdfDocument(sys.argv[1])
for page in pdf:
    text = page.get_textpage()
    text.get_text_range()
    text.close()
    page.close()
"""
DRAW = """
import sys, pypdfium2
for number, page in enumerate(pypdfium2.PdfDocument(sys.argv[1])):
    picture = page.render(scale=int(sys.argv[2]) / 72, grayscale=True).to_pil()
    picture.save(f"{sys.argv[1]}.{number}.png")
"""
READING = "SELECT id, progress FROM documents WHERE state = 'running' AND progress > 0"
STATE = "SELECT state FROM documents WHERE name = '{}'"
TOOK = """
SELECT id, extract(epoch FROM finished_at - started_at)::float FROM documents WHERE name = '{}'
"""

_numbers = itertools.count()


async def measure(stage: Stage, size: Size) -> Found:
    """Text, scans, and then chats beside them."""
    rows = []
    async with visit(stage.url) as owner, visit(stage.url) as person:
        await owner.open_chat()
        with TemporaryDirectory() as folder:
            rows.append(await _read_texts(stage, size, owner, Path(folder)))
            rows.append(await _read_scans(stage, size, owner, Path(folder)))
        rows += await _chat_beside(stage, size, owner, person)
    return Found(rows)


async def _read_texts(stage: Stage, size: Size, owner: Person, folder: Path) -> Row:
    ours, bare = [], []
    for _ in range(size.readings):
        content, name = make_text(size.text_pages), folder / "text.pdf"
        name.write_bytes(content)
        bare.append(await _time(sys.executable, "-c", BARE, str(name)))
        ours.append(await _read(stage, owner, content))
    return _compare(f"text pages a second ÷ bare PDFium ({size.text_pages} pages)", TEXT_GOAL,
                    size.text_pages, ours, bare)  # fmt: skip


async def _read_scans(stage: Stage, size: Size, owner: Person, folder: Path) -> Row:
    figure = f"scanned pages a second ÷ bare Tesseract ({size.scans} pages)"
    if shutil.which("tesseract") is None:
        return Row(figure, f"≥ {OCR_GOAL}", "not measured: Tesseract is not here", None)
    ours, bare = [], []
    for _ in range(size.readings):
        content, name = make_scans(size.scans), folder / "scan.pdf"
        name.write_bytes(content)
        await _time(sys.executable, "-c", DRAW, str(name), str(DPI))
        alone = 0.0
        for number in range(size.scans):
            picture = f"{name}.{number}.png"
            alone += await _time("tesseract", picture, "-", "-l", LANGUAGES, "--dpi", str(DPI))
        bare.append(alone)
        ours.append(await _read(stage, owner, content))
    return _compare(figure, OCR_GOAL, size.scans, ours, bare)


def _compare(figure: str, goal: float, pages: int, ours: list[float], bare: list[float]) -> Row:
    """Medians of both sides, which took turns."""
    mine, theirs = pages / statistics.median(ours), pages / statistics.median(bare)
    seen = f"{mine / theirs:.2f}; {mine:.3g}, bare {theirs:.3g} (n = {len(ours)})"
    return Row(figure, f"≥ {goal}", seen, mine / theirs >= goal)


async def _chat_beside(stage: Stage, size: Size, owner: Person, person: Person) -> list[Row]:
    """Replies alone and beside documents that are read, in turn."""
    firsts: dict[bool, list[float]] = {False: [], True: []}
    rates: dict[bool, list[float]] = {False: [], True: []}
    await _ask(person, size)  # warms up
    for _ in range(size.readings):
        for busy in (False, True):
            async with _reading(stage, owner) if busy else contextlib.nullcontext():
                for _ in range(size.readings):
                    if busy:
                        await _wait_for_pages(stage)
                    first, rate = await _ask(person, size)
                    firsts[busy].append(first)
                    rates[busy].append(rate)
    later = statistics.median(firsts[True]) / statistics.median(firsts[False])
    slower = statistics.median(rates[True]) / statistics.median(rates[False])
    return [
        Row(
            f"another person's first word while documents of {LONG} pages are read ÷ alone",
            f"≤ {FIRST_GOAL}",
            f"{later:.2f}; {in_ms(firsts[True])}, alone {in_ms(firsts[False])}",
            later <= FIRST_GOAL,
        ),
        Row(
            "their tokens per second ÷ alone",
            f"≥ {RATE_GOAL}",
            f"{slower:.2f}; {statistics.median(rates[True]):.1f},"
            f" alone {statistics.median(rates[False]):.1f}",
            slower >= RATE_GOAL,
        ),
    ]


async def _ask(person: Person, size: Size) -> tuple[float, float]:
    """Seconds until the first word of a reply, and its tokens per second from there on."""
    chat = await person.open_chat(
        system_prompt="You are a storyteller.", reply_tokens=str(size.story)
    )
    timing = await person.ask(chat, TASK.format(next(_numbers)))
    tokens = (await person.read_reply(chat))["completion_tokens"]
    return timing.first, tokens / (timing.whole - timing.first)


@contextlib.asynccontextmanager
async def _reading(stage: Stage, owner: Person) -> AsyncIterator[None]:
    """Long documents are read all the time, and nothing else is: they were uploaded before, and are
    deleted afterwards."""
    worker = stage.parley.pid_of("doc-worker")
    assert worker is not None, "doc-worker does not run"
    os.kill(worker, signal.SIGSTOP)
    try:
        for _ in range(QUEUED):
            await _upload(owner, await asyncio.to_thread(make_text, LONG))
    finally:
        os.kill(worker, signal.SIGCONT)
    try:
        yield
    finally:
        for (document,) in stage.sql("SELECT id FROM documents"):
            await owner.submit(f"/documents/{document}/delete")


async def _wait_for_pages(stage: Stage) -> None:
    """Until they are stored again: it gave way to the reply before."""
    before = await asyncio.to_thread(stage.sql, READING)
    while (await asyncio.to_thread(stage.sql, READING)) in (before, []):
        await asyncio.sleep(0.02)


async def _read(stage: Stage, owner: Person, content: bytes) -> float:
    """Uploads it; seconds from the claim to its end."""
    name = await _upload(owner, content)
    while (await asyncio.to_thread(stage.sql, STATE.format(name)))[0][0] != "complete":
        await asyncio.sleep(LOOK_S)
    ((document, took),) = stage.sql(TOOK.format(name))
    await owner.submit(f"/documents/{document}/delete")
    return float(str(took))


async def _upload(owner: Person, content: bytes) -> str:
    """The name it gets."""
    name = f"{next(_numbers)}.pdf"
    sent = await owner.client.post("/documents", files={"files": (name, content)})
    assert sent.status_code == 303, sent.text
    return name


async def _time(*command: str) -> float:
    """Seconds that a program takes; with one thread, as ours has."""
    began = time.perf_counter()
    await asyncio.to_thread(
        subprocess.run,
        command,
        check=True,
        capture_output=True,
        env=os.environ | {"OMP_THREAD_LIMIT": "1"},
    )
    return time.perf_counter() - began


def make_text(pages: int) -> bytes:
    """A PDF with as much text on a page as a printed one has; no two alike."""
    line = "Line {} of a page that has about as much text as a printed page has, no more."
    text = "\n".join(line.format(number) for number in range(LINES))
    document = next(_numbers)
    return text_pdf(*(f"Document {document}, page {page}.\n{text}" for page in range(pages)))


def make_scans(pages: int) -> bytes:
    """A PDF whose pages are pictures of text."""
    line = "A line of a letter that was scanned, number {}."
    text = "\n".join(line.format(number) for number in range(10))
    document = next(_numbers)
    return scanned_pdf(*(f"Letter {document}, page {page}.\n{text}" for page in range(pages)))
