"""Reading gives way: to replies that are awaited, and after its turn to other documents."""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import chain, pairwise
from typing import Any

import httpx
import pytest
from app import client, giving_way, reading
from app.giving_way import PAUSE_S
from app.messages import Begun, Ended, Message, Opened, Page

from tests.doc_worker.scripted import JOB, Queue, Script, page, read, script

__all__ = ["script"]


@pytest.mark.parametrize(
    ("others_wait", "turn_seconds", "stored"), [(True, -1.0, 1), (False, -1.0, 2), (True, 60.0, 2)]
)
def test_after_its_turn_a_long_document_lets_others_go_first(
    script: Any, others_wait: bool, turn_seconds: float, stored: int
) -> None:
    script([Opened(2), *page(1), None, *page(2), Ended()])
    queue = Queue()
    queue.others_wait = others_wait
    read(queue, turn_seconds=turn_seconds)
    assert len(queue.pages) == stored
    assert (queue.released, queue.finished) == ((1, []) if stored == 1 else (0, [None]))


def test_what_ends_with_its_turn_is_handed_back_and_not_finished(script: Any) -> None:
    script([Opened(1), *page(1), Ended()])
    queue = Queue()
    queue.others_wait = True
    read(queue, turn_seconds=-1.0)
    assert (queue.released, queue.finished) == (1, [])


@pytest.mark.parametrize(
    "ask",
    [
        lambda queue: queue.claim(ocr=True),
        lambda queue: queue.heartbeat(JOB),
        lambda queue: queue.store_pages(JOB, []),
        lambda queue: queue.store_vectors(JOB, "m", []),
    ],
)
def test_every_answer_says_whether_a_reply_is_awaited(ask: Callable[[client.Queue], None]) -> None:
    told = {"others_wait": False, "reply_awaited": False}

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=vars(JOB) | told)

    queue = client.Queue("http://db-api", "token")
    queue._http = httpx.Client(base_url="http://db-api", transport=httpx.MockTransport(answer))
    ask(queue)
    assert queue.reply_seen == -math.inf
    began = time.monotonic()
    told["reply_awaited"] = True
    ask(queue)
    seen = queue.reply_seen
    assert began <= seen
    told["reply_awaited"] = False
    ask(queue)
    assert queue.reply_seen == seen


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
