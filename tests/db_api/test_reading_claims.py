"""Documents are claimed in turns, and go on where they were, whoever dies."""

from collections.abc import Callable

import httpx
import pytest

from tests.db_api.api import Person, problem
from tests.db_api.conftest import Sql
from tests.db_api.documents import keep_document, queue_document, see_document
from tests.db_api.worker import LEASE_RUNS_OUT, PAGE, Worker


def test_who_claims_after_a_death_goes_on_behind_the_stored_pages(
    worker: Worker, reader: httpx.Client, ada: Person, sql: Sql
) -> None:
    document = queue_document(sql, ada).document
    worker.claim()
    worker.store(document)
    other = Worker(reader, "other")
    assert other.claim(model="m") is None, "the lease still holds"
    sql(LEASE_RUNS_OUT)
    assert other.claim()["done"] == [1]
    problem(worker.put(document, [PAGE | {"number": 2}]), 404, "document-not-found")
    other.store(document, 2)
    other.finish(document)
    pages = see_document(sql, "number, source", document, "document_pages")
    assert sorted(pages) == [(1, "text"), (2, "text")]


def test_what_a_dead_worker_held_is_taken_over_at_once_by_who_names_it(
    worker: Worker, reader: httpx.Client, ada: Person, sql: Sql
) -> None:
    document = queue_document(sql, ada).document
    worker.claim()
    other = Worker(reader, "other")
    assert other.claim(predecessor="somebody else") is None
    assert other.claim(predecessor=worker.name)["id"] == document
    assert see_document(sql, "attempts, worker", document) == [(1, "other")]


@pytest.mark.parametrize(
    "state",
    [
        "state = 'queued'",
        "worker = 'dead', attempts = 9, lease_until = now() - interval '1 s'",
        "lease_until = now() - interval '1 s'",
        "state = 'complete', finished_at = now()",
    ],
)
def test_a_claim_waits_for_no_document_that_is_being_deleted(
    worker: Worker, ada: Person, sql: Sql, hold: Callable[..., None], state: str
) -> None:
    document = keep_document(sql, ada.chat(), state="running").document
    sql("UPDATE document_pages SET source = 'needs-ocr'")
    sql(f"UPDATE documents SET {state}")
    hold("SELECT FROM documents FOR UPDATE")
    assert worker.claim(model="m") is None
    hold("ROLLBACK")
    claimed = worker.claim(model="m")
    assert claimed is None if "dead" in state else claimed["id"] == document


def test_what_waits_for_a_tesseract_is_queued_again_when_it_has_been_read_as_far_as_it_can(
    worker: Worker, reader: httpx.Client, ada: Person, sql: Sql
) -> None:
    document = queue_document(sql, ada).document
    worker.claim(ocr=False)
    worker.store(document, source="needs-ocr", passages=[])
    other = Worker(reader, "other")
    assert other.claim() is None, "it is still being read"
    worker.finish(document)
    assert other.claimed() == document


def test_a_claim_that_hands_a_document_back_leaves_it_to_the_next(
    worker: Worker, reader: httpx.Client, ada: Person, sql: Sql
) -> None:
    document = keep_document(sql, ada.chat(), state="running").document
    sql("UPDATE documents SET embedding = true; UPDATE document_pages SET source = 'needs-ocr'")
    other = Worker(reader, "other")
    assert other.claim(predecessor=worker.name) is None
    assert other.claimed() == document


@pytest.mark.parametrize("path", ["/heartbeat", "/pages", "/blocks/0"])
def test_every_call_renews_the_lease(worker: Worker, ada: Person, sql: Sql, path: str) -> None:
    document = queue_document(sql, ada).document
    worker.claim()
    sql(LEASE_RUNS_OUT)
    method, content = {
        "/heartbeat": ("POST", {"pages": None}),
        "/pages": ("PUT", {"pages": [PAGE]}),
        "/blocks/0": ("GET", None),
    }[path]
    assert worker.ask(method, f"/{document}{path}", json=content).is_success
    assert see_document(sql, "lease_until > now()", document) == [(True,)]


def test_a_document_is_given_up_after_many_deaths_in_a_row_and_comes_last_until_then(
    worker: Worker, reader: httpx.Client, ada: Person, bob: Person, sql: Sql
) -> None:
    killer = queue_document(sql, ada).document
    for number in range(10):
        if number == 1:
            other = queue_document(sql, bob).document
            sql(LEASE_RUNS_OUT)
            assert worker.claimed() == other, "which has killed nobody"
            worker.finish(other)
        assert Worker(reader, f"w{number}").claimed() == killer
        sql(LEASE_RUNS_OUT)
    assert worker.claim() is None
    ended = see_document(sql, "state, error, finished_at", killer)
    assert ended[0][:2] == ("failed", "crashed")
    assert worker.claim() is None
    assert see_document(sql, "state, error, finished_at", killer) == ended, "it ends once"


def test_a_death_doesn_t_cost_a_session_its_turn(
    worker: Worker, reader: httpx.Client, ada: Person, bob: Person, sql: Sql
) -> None:
    hers, other = (queue_document(sql, ada).document for _ in range(2))
    assert worker.claimed() == hers
    sql(LEASE_RUNS_OUT)
    next_one, order = Worker(reader, "next"), []
    for _ in range(4):
        kept = queue_document(sql, bob)  # somebody who never stops, and keeps nothing
        order.append(next_one.claimed())
        next_one.finish(order[-1])
        if order[-1] == kept.document:
            sql("DELETE FROM files WHERE id = %s", kept.file)
    assert [document for document in order if document in (hers, other)] == [other, hers]


def test_a_late_worker_and_one_that_hands_back_have_not_died(
    worker: Worker, ada: Person, sql: Sql
) -> None:
    document = queue_document(sql, ada).document
    assert worker.claimed() == document
    assert worker.claimed() == document, "it has lost the answer, or forgot"
    sql(LEASE_RUNS_OUT)
    assert worker.claimed() == document
    worker.ask("POST", "/release")
    assert see_document(sql, "state, attempts", document) == [("queued", 0)]


def test_sessions_take_turns(worker: Worker, ada: Person, bob: Person, sql: Sql) -> None:
    hers = [queue_document(sql, ada).document for _ in range(3)]
    his = [queue_document(sql, bob).document for _ in range(2)]
    order = []
    while document := worker.claimed():
        order.append(document)
        assert worker.store(document) == (len(order) < 5), "others wait, but for the last one"
        worker.finish(document)
    assert order == [hers[0], his[0], hers[1], his[1], hers[2]]


def test_texts_are_read_before_what_takes_longer(worker: Worker, ada: Person, sql: Sql) -> None:
    kinds = ("pdf", "png", "markdown", "text")
    queued = {kind: queue_document(sql, ada, kind=kind).document for kind in kinds}
    order = []
    while document := worker.claimed():
        order.append(document)
        worker.finish(document)
    assert order == [queued[kind] for kind in ("markdown", "text", "pdf", "png")]
