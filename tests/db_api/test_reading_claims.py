"""Documents are claimed in turns, and go on where they were, whoever dies. A worker reaches what it
holds, and its token opens the reading and nothing else."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Connection, event

from tests.db_api.api import NOWHERE, Api, Person, body, problem
from tests.db_api.conftest import Sql
from tests.db_api.documents import keep_document, queue_document, see_document
from tests.db_api.test_problems import OPEN, lead_nowhere, operations
from tests.db_api.worker import ENDING, LEASE_RUNS_OUT, PAGE, Worker
from tests.support.waiting import wait_until

# (part of a statement, request): what became of the request, once it was sent.
Meanwhile = Callable[[str, Callable[[], httpx.Response]], list[Future[httpx.Response]]]

WAITS = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
VECTORS = {
    "model": "m",
    "vectors": [{"passage": 1, "start": 0, "end": 1, "vector": [0.5] * 384}],
}


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


@pytest.mark.parametrize(
    ("method", "path", "wrong"),
    [
        ("POST", "heartbeat", {"pages": -1}),
        ("POST", "heartbeat", {"pages": 1_000_001}),
        ("PUT", "pages", {"pages": []}),
        ("PUT", "pages", {"pages": [PAGE] * 1001}),
        ("PUT", "picture", None),
        ("POST", "finish", ENDING | {"read_with": "x" * 201}),
        ("GET", "blocks/-1", None),
        ("GET", "blocks/1000001", None),
    ],
)
def test_what_no_worker_says_is_refused(
    worker: Worker, method: str, path: str, wrong: dict[str, Any] | None
) -> None:
    problem(worker.ask(method, f"/{NOWHERE}/{path}", json=wrong), 422, "invalid-input")


def test_doc_worker_s_token_opens_the_reading_and_no_other_call(
    api: Api, reader: httpx.Client, ada: Person
) -> None:
    document = body(api.http.get("/openapi.json"))
    guarded = [
        (method, lead_nowhere(path)) for method, path, _ in operations(document) if path not in OPEN
    ]
    assert len(guarded) > 30
    for method, path in guarded:
        own, other = (reader, api.http) if path.startswith("/reading") else (api.http, reader)
        headers = ada.headers | {"X-Worker": "w"}
        problem(other.request(method, path, headers=headers), 401, "service-token")
        assert "service-token" not in own.request(method, path, headers=headers).text


@pytest.mark.parametrize("state", ["queued", "running", "complete"])
def test_a_worker_reaches_no_document_that_it_does_not_hold(
    worker: Worker, ada: Person, sql: Sql, state: str
) -> None:
    other = keep_document(sql, ada.chat(), state=state).document
    sql("UPDATE documents SET worker = 'other' WHERE id = %s", other)
    asked = [
        worker.ask("GET", f"/{other}/blocks/0"),
        worker.ask("POST", f"/{other}/heartbeat", json={"pages": 9}),
        worker.put(other, [PAGE]),
        worker.ask("PUT", f"/{other}/picture", content=b"x"),
        worker.ask("POST", f"/{other}/finish", json=ENDING),
        worker.ask("GET", f"/{other}/passages", params={"model": "m"}),
        worker.ask("PUT", f"/{other}/vectors", json=VECTORS),
        worker.ask("POST", f"/{other}/vectors/finish", json={"model": "m"}),
    ]
    for answer in asked:
        problem(answer, 404, "document-not-found")
    worker.ask("POST", "/release")
    assert see_document(sql, "state, pages", other) == [(state, None)]


@pytest.fixture
def meanwhile(app: FastAPI, sql: Sql) -> Iterator[Meanwhile]:
    """``meanwhile(statement, request)``: just before db-api sends this statement, the request is
    sent; the statement follows when that waits for a lock, or is answered."""
    engine = app.state.database.engine
    asked: list[tuple[str, Callable[[], httpx.Response]]] = []
    begun: list[Future[httpx.Response]] = []

    def look(connection: Connection, _cursor: Any, sent: str, *_rest: Any) -> None:
        written = {f"EXECUTE {name}(": text for text, name in connection.info["prepared"].items()}
        if asked and any(name in sent and asked[0][0] in text for name, text in written.items()):
            _, request = asked.pop()
            begun.append(pool.submit(request))
            wait_until(lambda: begun[0].done() or sql(WAITS) != [(0,)])

    def begin(
        statement: str, request: Callable[[], httpx.Response]
    ) -> list[Future[httpx.Response]]:
        asked.append((statement, request))
        return begun

    with ThreadPoolExecutor(1) as pool:
        event.listen(engine, "before_cursor_execute", look)
        yield begin
        event.remove(engine, "before_cursor_execute", look)


@pytest.mark.parametrize("path", ["/documents/{document}", "/sessions/current"])
@pytest.mark.parametrize(
    "held", ["attempts = 1", "attempts = 9", "embedding = true", "worker = 'dead'"]
)
def test_a_document_may_be_deleted_while_another_worker_takes_it_over(
    worker: Worker, ada: Person, sql: Sql, meanwhile: Meanwhile, path: str, held: str
) -> None:
    """Neither waits for the other for ever: who is deleted has its file locked, too."""
    document = keep_document(sql, ada.chat(), state="running").document
    sql(LEASE_RUNS_OUT)
    sql(f"UPDATE documents SET {held}")
    deletions = meanwhile("claim_document(", lambda: ada.delete(path.format(document=document)))
    worker.claim(model="m", predecessor="dead")
    assert deletions[0].result().status_code == 204
    assert see_document(sql, "1", document) == [], "it was deleted"


@pytest.mark.parametrize("before", ["INSERT INTO files", "shown_file_id = "])
def test_all_data_may_be_deleted_while_a_picture_is_stored(
    worker: Worker, ada: Person, sql: Sql, meanwhile: Meanwhile, before: str
) -> None:
    document = queue_document(sql, ada, kind="png").document
    worker.claim()
    deletions = meanwhile(before, lambda: ada.delete("/sessions/current"))
    answer = worker.ask("PUT", f"/{document}/picture", content=b"x")
    assert answer.status_code in (204, 404)
    assert deletions[0].result().status_code == 204
    assert sql("SELECT FROM files") == []
