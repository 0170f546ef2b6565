"""Each page of a document is stored once, whatever becomes of the processes that read it."""

import math
import os
import re
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, pairwise
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from app import giving_way, process, reading
from app.client import Gone, Job, Waiting
from app.giving_way import PAUSE_S
from app.messages import Begun, Ended, Failed, Kind, Message, Ocr, Opened, Page, Request
from app.process import Child
from app.reading import Reading

from tests.doc_worker import files

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


def test_a_child_that_is_killed_at_a_page_is_replaced_and_reads_it(script: Any) -> None:
    children = script(
        [Opened(3), *page(1), Begun(2), DIES],
        [Opened(3), *page(2), *page(3), Ended()],
    )
    read(queue := Queue())
    assert [number for number, *_ in queue.pages] == [1, 2, 3]
    assert [request.done for request in children.requests] == [[], [1]]
    assert queue.finished == [None]


def test_a_page_that_two_died_at_fails_alone(script: Any) -> None:
    script([Opened(2), Begun(1), DIES], [Opened(2), Begun(1), DIES], [Opened(2), *page(2), Ended()])
    read(queue := Queue())
    assert queue.pages == [(1, "", "unreadable"), (2, "Text.", "text")]
    assert queue.finished == [None]


def test_a_document_that_can_t_even_be_opened_has_crashed(script: Any) -> None:
    script([DIES], [DIES])
    read(queue := Queue())
    assert (queue.pages, queue.finished) == ([], ["crashed"])


def test_deaths_between_pages_do_not_add_up(script: Any) -> None:
    script(*[[Opened(9), *page(n), DIES] for n in range(1, 6)], [Opened(9), Ended()])
    read(queue := Queue())
    assert len(queue.pages) == 5
    assert queue.finished == [None]


def test_a_page_that_takes_for_ever_is_unreadable(script: Any) -> None:
    script([Opened(1), Begun(1), HANGS], [Opened(1), Ended()])
    read(queue := Queue(), page_seconds=-1.0)
    assert queue.pages == [(1, "", "unreadable")]
    assert queue.heartbeats == 1, "the lease is renewed meanwhile"


@pytest.mark.parametrize(
    ("nice", "patience", "asked"),
    [
        (19, -1.0, [(19, False), (19, True)]),
        (19, math.inf, [(19, False)]),
        (0, -1.0, [(0, False)]),  # it is
    ],
)
def test_a_page_that_waits_for_a_busy_machine_is_read_at_ordinary_priority(
    script: Any, nice: int, patience: float, asked: list[tuple[int, bool]]
) -> None:
    children = script(*[[Opened(2), Begun(1), HANGS, *page(1)[1:], *page(2), Ended()]] * 2)
    read(queue := Queue(), nice=nice, patience=patience)
    assert len(queue.pages) == 2
    assert [(r.nice, r.hurried) for r in children.requests] == asked


def test_pages_of_a_moment_are_stored_together_as_many_as_fit(script: Any) -> None:
    big = [Page(n, "x" * 150_000, "text") for n in (4, 5)]
    script([Opened(5), *page(1), *page(2), None, *page(3), *big, Ended()])
    read(queue := Queue())
    assert queue.batches == [2, 2, 1]
    small = [Page(n, "", "empty") for n in range(1, 251)]
    script([Opened(250), *small, Ended()])
    read(queue := Queue())
    assert queue.batches == [100, 100, 50]


def test_a_reason_is_passed_on(script: Any) -> None:
    script([Failed("encrypted"), Ended()])
    read(queue := Queue())
    assert queue.finished == ["encrypted"]


@pytest.mark.parametrize(("others_wait", "stored"), [(True, 1), (False, 2)])
def test_after_its_turn_a_long_document_lets_others_go_first(
    script: Any, others_wait: bool, stored: int
) -> None:
    script([Opened(2), *page(1), None, *page(2), Ended()])
    queue = Queue()
    queue.others_wait = others_wait
    read(queue, turn_seconds=-1.0)
    assert len(queue.pages) == stored
    assert (queue.released, queue.finished) == ((1, []) if others_wait else (0, [None]))


def test_what_ends_with_its_turn_is_handed_back_and_not_finished(script: Any) -> None:
    script([Opened(1), *page(1), Ended()])
    queue = Queue()
    queue.others_wait = True
    read(queue, turn_seconds=-1.0)
    assert (queue.released, queue.finished) == (1, [])


@pytest.fixture
def awaited(script: Any) -> Callable[..., tuple[Script, Queue, list[float]]]:
    """A child's lines; a queue in which a reply is awaited within those seconds; and when each
    page was stored."""

    def use(
        *lines: Message | None, since: float = 0, until: float
    ) -> tuple[Script, Queue, list[float]]:
        child, queue, stored = script(lines), Queue(), []
        queue.is_reply_awaited = lambda: since <= child.monotonic() < until
        queue.on_store = lambda: stored.extend([child.monotonic()] * queue.batches[-1])
        return child, queue, stored

    return use


def test_reading_stands_still_while_a_reply_is_awaited_and_goes_on_afterwards(awaited: Any) -> None:
    child, queue, stored = awaited(*page(1), None, *page(2), None, *page(3), Ended(), until=5)
    read(queue)
    assert (stored[0], queue.pages[0][0]) == (reading.STORE_S, 1), "what has been read is stored"
    assert 5 <= stored[1] <= 5 + giving_way.LOOK_S + reading.STORE_S
    assert child.paused_for == pytest.approx(5, abs=giving_way.LOOK_S)
    assert len(stored) == 3


def test_a_document_that_is_claimed_while_a_reply_is_awaited_waits(awaited: Any) -> None:
    _, queue, stored = awaited(Opened(1), *page(1), Ended(), until=5)
    read(queue, replace(JOB, reply_awaited=True))
    assert stored >= [5]


@pytest.mark.parametrize("hangs", [0, 8])  # seconds that a page takes
def test_at_least_one_page_is_read_in_20_seconds(awaited: Any, hangs: int) -> None:
    pages = [(Begun(n), *[None] * hangs, Page(n, "", "text"), None) for n in range(1, 6)]
    lines = Opened(5), *chain.from_iterable(pages), Ended()
    child, queue, stored = awaited(*lines, until=1000)
    read(queue)
    assert len(stored) == 5
    assert all(PAUSE_S <= late - early <= 20 for early, late in pairwise([0, *stored]))
    assert child.paused_for == 5 * PAUSE_S


def test_a_page_under_way_is_paused_and_that_time_does_not_count_for_it(awaited: Any) -> None:
    """Else it would be begun again, and given up."""
    child, queue, _ = awaited(
        Opened(1), Begun(1), None, None, *page(1)[1:], Ended(), since=0.5, until=6
    )
    read(queue, nice=19, patience=2.5, page_seconds=3)
    assert queue.pages == [(1, "Text.", "text")]
    assert len(child.requests) == 1
    assert child.paused_for >= 5


def test_a_document_that_is_gone_is_left_alone() -> None:
    def delete() -> None:
        raise Gone

    queue = Queue(files.text_pdf("One page.", "Two pages."))
    queue.on_store = delete
    with pytest.raises(Gone):
        read(queue)
    assert len(queue.batches) == 1


def test_children_that_are_really_killed_lose_no_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each one after the page that it has told of, wherever that finds it."""
    alive: list[int] = []
    begin = Child.__init__

    def note(self: Child, request: Request, content: bytes) -> None:
        begin(self, request, content)
        alive.append(self._process.pid)

    monkeypatch.setattr(Child, "__init__", note)
    monkeypatch.setattr(reading, "STORE_S", 0.0)
    monkeypatch.setattr(process, "PIPE", 4096)  # a child that has told all can't be killed
    texts = ["\n".join([f"This is page {n}."] * 40) for n in range(1, 21)]
    queue = Queue(files.text_pdf(*texts))
    queue.on_store = lambda: os.killpg(alive[-1], signal.SIGKILL)
    read(queue)
    assert sorted(queue.pages) == [(n, text, "text") for n, text in enumerate(texts, 1)]
    assert len(alive) > 1


def test_a_page_that_bursts_its_memory_is_unreadable_and_the_next_one_is_read() -> None:
    queue = Queue(files.make_bomb())
    read(queue)
    assert queue.pages == [(1, "", "unreadable"), (2, "The page after it.", "text")]
    assert queue.finished == [None]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("pdf", r"pypdfium2 [\d.]+, Tesseract \(eng\)"),
        ("png", r"Pillow [\d.]+, Tesseract \(eng\)"),
        ("text", ""),
        ("sound", r"whisper\.cpp \(base\)"),
    ],
)
def test_it_is_noted_what_a_document_was_read_with(script: Any, kind: Kind, said: str) -> None:
    script([Ended()])
    queue = Mock(fetch=lambda job: b"")
    reading = Reading(
        queue,
        replace(JOB, kind=kind),
        ocr=Ocr("tesseract", "eng"),
        whisper=Path("base.bin"),
        page_limit=1,
        nice=0,
    )
    reading.run()
    assert re.fullmatch(said, queue.finish.call_args.args[1])
