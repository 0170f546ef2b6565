"""Each page of a document is stored once, whatever becomes of the processes that read it."""

import math
import os
import re
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from app import process, reading
from app.client import Gone
from app.messages import Begun, Ended, Failed, Kind, Ocr, Opened, Page, Request
from app.process import Child
from app.reading import CHAT_S, Reading

from tests.doc_worker import files
from tests.doc_worker.scripted import DIES, HANGS, JOB, Queue, page, read, script

__all__ = ["script"]


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
    assert (queue.batches, queue.heartbeats) == ([2, 2, 1], 0)
    small = [Page(n, "", "empty") for n in range(1, 251)]
    script([Opened(250), *small, Ended()])
    read(queue := Queue())
    assert queue.batches == [100, 100, 50]


@pytest.mark.parametrize(("seen", "batches"), [(1 - CHAT_S, [16, 16, 8]), (-CHAT_S, [40])])
def test_while_people_chat_few_pages_are_stored_in_one_call(
    script: Any, seen: float, batches: list[int]
) -> None:
    """Their first words wait for it."""
    script([Opened(40), *(Page(n, "", "empty") for n in range(1, 41)), Ended()])
    queue = Queue()
    queue.reply_seen = seen  # it is 0 now
    read(queue)
    assert queue.batches == batches


def test_a_reason_is_passed_on(script: Any) -> None:
    script([Failed("encrypted"), Ended()])
    read(queue := Queue())
    assert queue.finished == ["encrypted"]


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
    ("kind", "installed", "said"),
    [
        ("pdf", True, r"pypdfium2 [\d.]+, Tesseract \(eng\)"),
        ("png", True, r"Pillow [\d.]+, Tesseract \(eng\)"),
        ("png", False, r"Pillow [\d.]+"),
        ("text", True, ""),
        ("sound", True, r"whisper\.cpp \(base\)"),
        ("sound", False, ""),
    ],
)
def test_it_is_noted_what_a_document_was_read_with(
    script: Any, kind: Kind, installed: bool, said: str
) -> None:
    script([Ended()])
    queue = Mock(fetch=lambda job: b"")
    reading = Reading(
        queue,
        replace(JOB, kind=kind),
        ocr=Ocr("tesseract", "eng") if installed else None,
        whisper=Path("base.bin") if installed else None,
        page_limit=1,
        nice=0,
    )
    reading.run()
    assert re.fullmatch(said, queue.finish.call_args.args[1])
