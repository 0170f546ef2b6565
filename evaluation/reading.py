"""How fast documents are read, beside the bare libraries, and what reading takes of memory."""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

import pypdfium2  # type: ignore[import-untyped]  # it has no types
from bench.figures import Row
from bench.stage import megabytes
from tests.doc_worker.files import text_pdf
from tests.support.local_stack import LocalStack

from evaluation.distractors import make_distractors
from evaluation.options import Size
from evaluation.question_set import load_documents
from evaluation.reader import Reader
from evaluation.uploads import lay_out, picture_pdf, scan

TEXT_GOAL, OCR_GOAL, MEMORY_GOAL = 0.7, 0.8, 700
PARAGRAPHS = 3  # on a page of text
LANGUAGES = "eng+deu"  # doc-worker's default
DPI, POINTS = 200, 72
LOOK_S = 0.5  # between two looks at the memory

Found = TypeVar("Found")


def measure(parley: LocalStack, size: Size) -> list[Row]:
    """Pages a second from the end of an upload until the document is ready."""
    with watch_memory(parley) as seen:
        rows = [
            _compare(parley, "text", make_text(size.text_pages), read_text_bare, TEXT_GOAL),
            _compare(parley, "OCR", make_scans(size.scanned_pages), read_scans_bare, OCR_GOAL),
        ]
    memory = Row(
        "memory of doc-worker while it read these, at most",
        f"≤ {MEMORY_GOAL} MB, together with embed",
        f"{max(seen):.0f} MB",
        max(seen) <= MEMORY_GOAL,
    )
    return [*rows, memory]


def _compare(
    parley: LocalStack, name: str, content: bytes, read_bare: Callable[[bytes], int], goal: float
) -> Row:
    """The bare library before and after it: both see what else the machine does."""
    reader = Reader(parley)
    before, pages = _time(lambda: read_bare(content))
    reader.upload([(f"{name}.pdf", content)])
    ours, (document,) = _time(reader.wait_until_read)
    after, _ = _time(lambda: read_bare(content))
    assert document["state"] == "complete", document
    assert (document["pages"], document["needs_ocr"]) == (pages, []), document
    bare = (before + after) / 2
    return Row(
        f"{name}: pages a second ÷ bare",
        f"≥ {goal}",
        f"{bare / ours:.2f}; {pages / ours:.1f}, bare {pages / bare:.1f} ({pages} pages)",
        bare / ours >= goal,
    )


def _time(do: Callable[[], Found]) -> tuple[float, Found]:
    began = time.perf_counter()
    found = do()
    return time.perf_counter() - began, found


def make_text(pages: int) -> bytes:
    """A long PDF, of the distractors' paragraphs."""
    files = make_distractors(pages * PARAGRAPHS // 36 + 1)
    paragraphs = [p for _, content in files for p in content.decode().split("\n\n")]
    starts = range(0, pages * PARAGRAPHS, PARAGRAPHS)
    return text_pdf(*(lay_out("\n\n".join(paragraphs[n : n + PARAGRAPHS])) for n in starts))


def make_scans(pages: int) -> bytes:
    """The set's scanned pages, again and again, in one PDF."""
    scanned = [document for document in load_documents().values() if document.form == "scan"]
    written = [page for document in scanned for page in document.pages][:pages]
    pictures = [scan(page, f"page {number}") for number, page in enumerate(written)]
    return picture_pdf(pictures, pages)


def read_text_bare(content: bytes) -> int:
    """With the library that doc-worker uses; how many pages."""
    pdf = pypdfium2.PdfDocument(content)
    for page in pdf:
        page.get_textpage().get_text_range()
    return len(pdf)


def read_scans_bare(content: bytes) -> int:
    """With Tesseract, on the same pictures with the same settings."""
    pdf = pypdfium2.PdfDocument(content)
    for page in pdf:
        picture = page.render(scale=DPI / POINTS, grayscale=True).to_pil()
        subprocess.run(
            ["tesseract", "-", "-", "-l", LANGUAGES, "--dpi", str(DPI)],
            input=b"P5 %d %d 255\n" % picture.size + picture.tobytes(),
            env=os.environ | {"OMP_THREAD_LIMIT": "1"},
            capture_output=True,
            check=True,
        )
    return len(pdf)


@contextmanager
def watch_memory(parley: LocalStack) -> Iterator[Sequence[float]]:
    """Megabytes of doc-worker and its children, measured again and again."""
    seen: list[float] = []
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(LOOK_S):
            pid = parley.pid_of("doc-worker")
            try:
                seen.append(megabytes(pid or 0))
            except (OSError, StopIteration):  # one of them has just ended
                continue

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()
