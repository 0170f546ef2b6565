"""Reads one document: starts children until each page is told, and stores what they tell.

A child that takes long because other programs keep the processor busy is replaced by one of
ordinary priority for one page. One that dies is replaced, too; a page that two died at, or that
takes for ever, is unreadable. While somebody waits for a reply, the child stands still, in the
middle of a page, too; that time does not count for the page.
"""

import base64
import logging
import math
import time
from collections import Counter
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from app.client import Job, Queue
from app.giving_way import PAUSE_S, give_way
from app.messages import (
    PAGE_CHARACTERS,
    Begun,
    Confined,
    Ended,
    Error,
    Failed,
    Message,
    Ocr,
    Opened,
    Page,
    Picture,
    Request,
)
from app.process import Child

log = logging.getLogger("doc-worker")

HEARTBEAT_S = 1.0
PATIENCE_S = 8.0  # with a page at low priority: with PAUSE_S and the page itself it is below 20
HEARING_PATIENCE_S = 60.0  # with half a minute of sound: it takes long on any processor
PAGE_S = 120.0  # for a page: then it is unreadable
TURN_S = 30.0  # for a document, if others wait
STORE_S = 0.1  # what is read in this time is stored in one call,
BATCH_PAGES = 100  # but no more pages than these, nor more text than one page may have
FEW_PAGES = 16  # instead while people chat: a first word waits for such a call
CHAT_S = 60.0  # they do for so long after a reply
DEATHS = 2  # at a page; one may have been anybody's doing


class Reading:
    """One claim of one document."""

    def __init__(
        self,
        queue: Queue,
        job: Job,
        *,
        ocr: Ocr | None,
        whisper: Path | None = None,
        page_limit: int,
        nice: int,
        patience: float | None = None,
        page_seconds: float = PAGE_S,
        turn_seconds: float = TURN_S,
        on_confined: Callable[[list[str]], None] = lambda lacks: None,
    ) -> None:
        self._queue, self._job = queue, job
        self._ocr, self._page_limit, self._nice = ocr, page_limit, nice
        self._whisper = str(whisper) if whisper and job.kind == "sound" else None
        usual = HEARING_PATIENCE_S if self._whisper else PATIENCE_S
        self._patience = usual if patience is None else patience
        self._page_seconds = page_seconds
        self._on_confined = on_confined
        self._turn_ends = time.monotonic() + turn_seconds
        self._done = set(job.done)
        self._pages: list[Page] = []  # that are to be stored
        self._due = math.inf  # when they are
        self._shown = job.shown
        self._deaths: Counter[int | None] = Counter()  # None: at no page
        self._hurried = False
        self._over = False
        self._reply_awaited = job.reply_awaited
        self._may_pause = PAUSE_S  # seconds, until something is stored
        self._count: float = math.inf  # of pages, until it is known

    def run(self) -> None:
        """Returns when the document is read, or others have their turn. Raises Gone."""
        content = self._queue.fetch(self._job)
        while not self._over:
            request = Request(
                kind=self._job.kind,
                page_limit=self._page_limit,
                ocr=self._ocr,
                whisper=self._whisper,
                done=sorted(self._done),
                nice=self._nice,
                hurried=self._hurried,
            )
            with Child(request, content) as child:
                self._follow(child)

    def _follow(self, child: Child) -> None:
        """Until it ends, or has to be ended."""
        page: int | None = None
        begun = time.monotonic()
        while not self._over:
            if self._reply_awaited and self._may_pause > 0 and len(self._done) < self._count:
                begun += self._give_way(child)
            until_due = self._due - time.monotonic()
            if until_due <= 0:
                self._store()  # while the child reads on
                continue
            try:
                message = child.receive(min(HEARTBEAT_S, until_due))
            except EOFError:
                self._store()
                self._deaths[page] += 1
                if self._deaths[page] == DEATHS:
                    self._give_up(page)
                return
            waited = time.monotonic() - begun
            if message is None:
                if self._pages:
                    continue
                self._reply_awaited = self._queue.heartbeat(self._job).reply_awaited
                if waited > self._page_seconds:
                    self._give_up(page)
                    return
                if self._nice and not self._hurried and waited > self._patience:
                    self._hurried = True
                    return
                continue
            if isinstance(message, Begun):
                page = message.page
            elif isinstance(message, Page):
                page = None
                self._hurried = False
            if isinstance(message, Begun | Page):
                begun = time.monotonic()
            self._take(message)

    def _give_way(self, child: Child) -> float:
        """For how many seconds."""
        began = time.monotonic()
        with child.paused():
            waiting = give_way(self._queue, self._job, self._may_pause)
        self._reply_awaited = waiting.reply_awaited
        paused = time.monotonic() - began
        self._may_pause -= paused
        return paused

    def _take(self, message: Message) -> None:
        match message:
            case Confined(lacks):
                self._on_confined(lacks)
            case Opened(pages):
                self._count = pages
                self._reply_awaited = self._queue.heartbeat(self._job, pages).reply_awaited
            case Picture(jpeg) if not self._shown:
                self._queue.store_picture(self._job, base64.b64decode(jpeg))
                self._shown = True
            case Page():
                self._add(message)
            case Failed(error):
                self._finish(error)
            case Ended():
                self._finish()

    def _add(self, page: Page) -> None:
        together = len(page.text) + sum(len(other.text) for other in self._pages)
        if together > PAGE_CHARACTERS or len(self._pages) >= self._count_together():
            self._store()
        if not self._pages:
            self._due = time.monotonic() + STORE_S
        self._pages.append(page)

    def _count_together(self) -> int:
        """Pages of one call."""
        is_chatting = time.monotonic() - self._queue.reply_seen < CHAT_S
        return FEW_PAGES if is_chatting else BATCH_PAGES

    def _store(self) -> None:
        """Those pages that have come and are not stored yet."""
        if not self._pages:
            return
        waiting = self._queue.store_pages(self._job, self._pages)
        self._reply_awaited, self._may_pause = waiting.reply_awaited, PAUSE_S
        self._done.update(page.page for page in self._pages)
        self._pages, self._due = [], math.inf
        del self._deaths[None]
        if waiting.others_wait and time.monotonic() > self._turn_ends:
            self._queue.release()
            self._over = True

    def _give_up(self, page: int | None) -> None:
        """Of this page; of the document, if it did not come to any."""
        self._hurried = False
        if page is None:
            self._finish("crashed")
        else:
            self._add(Page(page, "", "unreadable"))
            self._store()

    def _finish(self, error: Error | None = None) -> None:
        self._store()
        if self._over:
            return
        self._queue.finish(self._job, describe_programs(self._job, self._ocr, self._whisper), error)
        self._over = True


def describe_programs(job: Job, ocr: Ocr | None, whisper: str | None = None) -> str:
    """What the document was read with."""
    if whisper:
        return f"whisper.cpp ({Path(whisper).stem})"
    programs = {
        "pdf": [f"pypdfium2 {version('pypdfium2')}"],
        "jpeg": [f"Pillow {version('pillow')}"],
        "png": [f"Pillow {version('pillow')}"],
    }.get(job.kind, [])
    if ocr and programs:
        programs.append(f"Tesseract ({ocr.languages})")
    return ", ".join(programs)
