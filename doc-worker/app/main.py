"""The worker: one document after the other, for as long as it runs."""

import contextlib
import logging
import signal
import sys
import time
from pathlib import Path
from types import FrameType

import httpx

from app.client import Gone, Job, Queue
from app.embedding import Embedder, Unavailable, connect_to_embed, give_vectors
from app.messages import Ocr
from app.reading import Reading
from app.settings import Settings, read_secret, read_settings
from app.tesseract import find_tesseract

log = logging.getLogger("doc-worker")

IDLE_S = 1.5  # between two looks at the queue
LOOK_S = 30.0  # between two looks for a Tesseract


class Worker:
    """Claims documents and reads them."""

    def __init__(self, settings: Settings, queue: Queue, embedder: Embedder | None = None) -> None:
        self._settings, self._queue, self._embedder = settings, queue, embedder
        self._ocr: Ocr | None = None
        self._looked = 0.0  # for a Tesseract
        self._confinement_said = False

    def run(self) -> None:
        """Until it is stopped: then what it holds is handed back."""
        try:
            while True:
                if not self.read_next():
                    time.sleep(IDLE_S)
        finally:
            try:
                self._queue.release()
            except httpx.HTTPError:
                log.warning("db-api can't be reached: the document waits until its lease ends")

    def read_next(self) -> bool:
        """Whether there was one."""
        ocr = self._find_ocr()
        model = self._embedder.find_model() if self._embedder else None
        whisper = self._find_whisper()
        job = self._queue.claim(ocr=ocr is not None, sound=whisper is not None, vector_model=model)
        if job is None:
            return False
        if job.embedding:
            self._embed(job, model)
        else:
            self._read(job, ocr, whisper)
        return True

    def _embed(self, job: Job, model: str | None) -> None:
        try:
            if self._embedder is None or model is None:
                raise Unavailable
            give_vectors(self._queue, job, self._embedder, model)
        except Gone:
            log.info("a document was deleted while it got vectors")
        except Unavailable:
            self._queue.release()

    def _read(self, job: Job, ocr: Ocr | None, whisper: Path | None) -> None:
        reading = Reading(
            self._queue,
            job,
            ocr=ocr,
            whisper=whisper,
            page_limit=self._settings.document_pages,
            nice=self._settings.doc_nice,
            on_confined=self._say_confinement,
        )
        try:
            reading.run()
        except Gone:
            log.info("a document was deleted while it was read")
        except httpx.HTTPStatusError as error:
            log.error("db-api refuses what was read: %s", error.response.text)
            self._queue.finish(job, "", "crashed")

    def _find_ocr(self) -> Ocr | None:
        """It may be installed, and removed, while we run."""
        now = time.monotonic()
        if not self._looked or now - self._looked > LOOK_S:
            found = find_tesseract(self._settings.doc_languages)
            if found is None and (self._ocr or not self._looked):
                log.warning(
                    "Tesseract is missing: scans and pictures wait until it is installed"
                    " (Debian: apt install tesseract-ocr, macOS: brew install tesseract)"
                )
            self._ocr, self._looked = found, now
        return self._ocr

    def _find_whisper(self) -> Path | None:
        """It may still be on its way."""
        file = self._settings.whisper_file
        return file if file and file.is_file() else None

    def _say_confinement(self, lacks: list[str]) -> None:
        if lacks and not self._confinement_said:
            log.warning("this system can't keep a parser from: %s", ", ".join(lacks))
            self._confinement_said = True


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    settings = read_settings()
    token = read_secret(settings.doc_worker_token_file)
    queue = Queue(settings.db_api_url, token, settings.alive_file, settings.worker_file)
    embedder = None
    if settings.embed_url:
        key = read_secret(settings.embed_key_file)
        embedder = Embedder(connect_to_embed(settings.embed_url, key))
    signal.signal(signal.SIGTERM, leave)
    with contextlib.suppress(KeyboardInterrupt):
        Worker(settings, queue, embedder).run()


def leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    main()
