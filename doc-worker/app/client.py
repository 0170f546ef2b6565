"""What doc-worker asks of db-api. Only this module and `embedding` speak HTTP.

An answer that doesn't come is waited for: the work is done, and only has to be stored.
"""

import logging
import math
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
from pydantic import TypeAdapter

from app.messages import Error, Kind, Page
from app.passages import cut_passages
from app.predecessor import replace_predecessor

log = logging.getLogger("doc-worker")

Vector = list[float]

DIGITS = 6  # of a vector's numbers, of which db-api keeps three or four
RETRY_S = 1.0
PATIENCE = 10  # failures in a row before that is worth a line in the log: it may be starting


class Gone(Exception):
    """The document was deleted, or another worker has it."""


@dataclass(frozen=True)
class Waiting:
    """Who waits: other documents, and somebody for a reply."""

    others_wait: bool
    reply_awaited: bool


@dataclass(frozen=True)
class Job:
    """A document to read, or one whose passages are to get vectors. `done`: the pages that are
    stored already."""

    id: str
    kind: Kind
    blocks: int
    done: list[int]
    shown: bool
    embedding: bool  # it was read, and is to get vectors
    reply_awaited: bool


@dataclass(frozen=True)
class Passage:
    id: int
    text: str


@dataclass(frozen=True)
class Passages:
    """Of a document with this title: its first line."""

    title: str
    passages: list[Passage]


@dataclass(frozen=True)
class SentenceVector:
    """Of a passage's text from `start` up to `end`."""

    passage: int
    start: int
    end: int
    vector: Vector


JOB = TypeAdapter(Job)
WAITING = TypeAdapter(Waiting)
PASSAGES = TypeAdapter(Passages)


def is_not_searched(job: Job, page: Page) -> bool:
    """What was said becomes a message; what waits for a Tesseract is read later."""
    return job.kind == "sound" or page.source == "needs-ocr"


class Queue:
    """The documents that wait to be read, as one worker sees them. `reply_seen`: when it last heard
    that somebody waits for a reply, by the monotonic clock."""

    def __init__(
        self,
        url: str,
        token: str,
        alive_file: Path | None = None,
        worker_file: Path | None = None,
    ) -> None:
        worker = f"doc-worker-{uuid4()}"
        self.reply_seen = -math.inf
        self._alive_file = alive_file
        self._predecessor = replace_predecessor(worker_file, worker)
        self._http = httpx.Client(
            base_url=f"{url}/reading",
            headers={"Authorization": f"Bearer {token}", "X-Worker": worker},
            timeout=httpx.Timeout(30, connect=3),
        )

    def claim(
        self, *, ocr: bool, sound: bool = False, vector_model: str | None = None
    ) -> Job | None:
        """The document whose turn it is. With `ocr` those, too, that wait for it, and with `sound`
        recordings; with a model those that lack its vectors, when none is to be read."""
        skills = {"ocr": ocr, "sound": sound, "vector_model": vector_model}
        skills["predecessor"] = self._predecessor
        response = self._call("POST", "/claim", json=skills)
        self._predecessor = None
        if response.status_code == 204:
            return None
        job = JOB.validate_json(response.content)
        self._note(job)
        return job

    def fetch(self, job: Job) -> bytes:
        """The file, block by block: each call also says that we live."""
        blocks = (self._call("GET", f"/{job.id}/blocks/{n}") for n in range(job.blocks))
        return b"".join(block.content for block in blocks)

    def heartbeat(self, job: Job, pages: int | None = None) -> Waiting:
        """With the number of pages, as soon as it is known."""
        answer = self._call("POST", f"/{job.id}/heartbeat", json={"pages": pages})
        return self._read_waiting(answer)

    def store_picture(self, job: Job, jpeg: bytes) -> None:
        self._call("PUT", f"/{job.id}/picture", content=jpeg)

    def store_pages(self, job: Job, pages: list[Page]) -> Waiting:
        """With their passages."""
        told = [
            {
                "number": page.page,
                "text": page.text,
                "source": page.source,
                "passages": [] if is_not_searched(job, page) else cut_passages(page.text),
            }
            for page in pages
        ]
        answer = self._call("PUT", f"/{job.id}/pages", json={"pages": told})
        return self._read_waiting(answer)

    def finish(self, job: Job, read_with: str, error: Error | None = None) -> None:
        ending = {"read_with": read_with, "error": error}
        self._call("POST", f"/{job.id}/finish", json=ending)

    def list_passages(self, job: Job, model: str) -> Passages:
        """A few that lack vectors of the model."""
        answer = self._call("GET", f"/{job.id}/passages", params={"model": model})
        return PASSAGES.validate_json(answer.content)

    def store_vectors(self, job: Job, model: str, vectors: list[SentenceVector]) -> Waiting:
        """All of their passages."""
        told = [
            {**vars(each), "vector": [round(n, DIGITS) for n in each.vector]} for each in vectors
        ]
        answer = self._call("PUT", f"/{job.id}/vectors", json={"model": model, "vectors": told})
        return self._read_waiting(answer)

    def finish_vectors(self, job: Job, model: str) -> None:
        self._call("POST", f"/{job.id}/vectors/finish", json={"model": model})

    def release(self) -> None:
        """Hands back what we hold."""
        self._http.post("/release").raise_for_status()

    def _read_waiting(self, answer: httpx.Response) -> Waiting:
        waiting = WAITING.validate_json(answer.content)
        self._note(waiting)
        return waiting

    def _note(self, told: Job | Waiting) -> None:
        if told.reply_awaited:
            self.reply_seen = time.monotonic()

    def _call(self, method: str, path: str, **more: object) -> httpx.Response:
        """Raises Gone for a document that is not ours any more."""
        failures = 0
        while True:
            try:
                response = self._http.request(method, path, **more)  # type: ignore[arg-type]  # as given
                if response.status_code < 500:
                    break
                reason = f"it answers {response.status_code}"
            except httpx.TransportError as error:
                reason = type(error).__name__
            failures += 1
            if failures == PATIENCE:
                log.warning("db-api can't be reached (%s); trying again every second", reason)
            time.sleep(RETRY_S)
        if self._alive_file:
            self._alive_file.touch()
        if response.status_code == 404:
            raise Gone
        response.raise_for_status()
        return response
