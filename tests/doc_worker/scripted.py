"""A reading whose queue, children and clock are scripted."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from app import giving_way, reading
from app.client import Job, Waiting
from app.messages import Begun, Message, Page, Request
from app.reading import Reading

JOB = Job(id="1", kind="pdf", blocks=1, done=[], shown=False, embedding=False, reply_awaited=False)
DIES, HANGS = EOFError(), None


class Queue:
    """db-api, as the reading of one document sees it."""

    def __init__(self, content: bytes = b"") -> None:
        self.content = content
        self.pages: list[tuple[int, str, str]] = []
        self.finished: list[str | None] = []
        self.released = 0
        self.heartbeats = 0
        self.others_wait = False
        self.is_reply_awaited: Callable[[], bool] = lambda: False
        self.batches: list[int] = []
        self.reply_seen = -math.inf
        self.on_store: Callable[[], object] = lambda: None

    def fetch(self, job: Job) -> bytes:
        return self.content

    def waiting(self) -> Waiting:
        return Waiting(self.others_wait, self.is_reply_awaited())

    def heartbeat(self, job: Job, pages: int | None = None) -> Waiting:
        self.heartbeats += pages is None
        return self.waiting()

    def store_pages(self, job: Job, pages: list[Page]) -> Waiting:
        self.pages += [(page.page, page.text, page.source) for page in pages]
        self.batches.append(len(pages))
        self.on_store()
        return self.waiting()

    def finish(self, job: Job, read_with: str, error: str | None = None) -> None:
        self.finished.append(error)

    def release(self) -> None:
        self.released += 1


def read(queue: Queue, job: Job = JOB, **more: Any) -> None:
    usual: dict[str, Any] = {"ocr": None, "page_limit": 1000, "nice": 0}
    Reading(queue, job, **(usual | more)).run()  # type: ignore[arg-type]  # what it needs of one


class Script:
    """Stands in for the children, and for the clock: each one's lines, and what each was asked for.
    Time passes only where no line comes."""

    def __init__(self, *lines: Sequence[Message | EOFError | None]) -> None:
        self._lines = iter(lines)
        self._now = 0.0
        self.requests: list[Request] = []
        self.paused_for = 0.0

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds

    @contextmanager
    def paused(self) -> Iterator[None]:
        began = self._now
        yield
        self.paused_for += self._now - began

    def __call__(self, request: Request, content: bytes) -> "Script":
        self.requests.append(request)
        self._current = iter(next(self._lines))
        return self

    def __enter__(self) -> "Script":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def receive(self, seconds: float) -> Message | None:
        line = next(self._current)
        if isinstance(line, EOFError):
            raise line
        self._now += seconds if line is None else 0.0
        return line


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Script]:
    def use(*lines: Sequence[Message | EOFError | None]) -> Script:
        scripted = Script(*lines)
        monkeypatch.setattr(reading, "Child", scripted)
        for module in (reading, giving_way):
            monkeypatch.setattr(module, "time", scripted)
        return scripted

    return use


def page(number: int) -> list[Message]:
    return [Begun(number), Page(number, "Text.", "text")]
