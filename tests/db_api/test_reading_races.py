"""What is asked while another call on the same document is under way."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Connection, event

from tests.db_api.api import Person, problem
from tests.db_api.conftest import Sql
from tests.db_api.documents import keep_document, queue_document, see_document
from tests.db_api.worker import LEASE_RUNS_OUT, Worker
from tests.support.waiting import wait_until

# (part of a statement, request): what became of the request, once it was sent.
Meanwhile = Callable[[str, Callable[[], httpx.Response]], list[Future[httpx.Response]]]

WAITS = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@pytest.fixture
def meanwhile(app: FastAPI, sql: Sql) -> Iterator[Meanwhile]:
    """``meanwhile(statement, request)``: just before db-api sends this statement, the request is
    sent; the statement follows when that waits for a lock, or is answered."""
    engine = app.state.database.engines["reader"]
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


def test_of_two_pictures_that_come_at_once_the_one_that_was_stored_is_shown(
    worker: Worker, ada: Person, sql: Sql, meanwhile: Meanwhile
) -> None:
    document = queue_document(sql, ada, kind="png").document
    worker.claim()

    def put(jpeg: bytes) -> httpx.Response:
        return worker.ask("PUT", f"/{document}/picture", content=jpeg)

    others = meanwhile("SELECT session_id, file_id", lambda: put(b"other"))
    problem(put(b"first"), 404, "document-not-found")
    assert others[0].result().status_code == 204
    shown = "SELECT b.bytes FROM documents d JOIN file_blocks b ON b.file_id = d.shown_file_id"
    assert [bytes(jpeg) for (jpeg,) in sql(shown)] == [b"other"]
    assert sql("SELECT count(*) FROM files") == [(2,)], "the document's and the one to be shown"
