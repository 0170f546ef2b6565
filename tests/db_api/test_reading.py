"""Documents are read by doc-worker: each page is stored once, and what can't be one is refused."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from app.db.transactions import Database
from app.reading import repository
from app.reading.schemas import ReadPage

from tests.db_api.api import Person, problem, reasons
from tests.db_api.conftest import Sql
from tests.db_api.documents import keep_document, queue_document, see_document
from tests.db_api.worker import PAGE, Worker
from tests.support.waiting import wait_until


def test_a_document_is_read_page_by_page(worker: Worker, ada: Person, sql: Sql) -> None:
    kept = queue_document(sql, ada, b"x" * 1_048_576)
    sql("UPDATE files SET size = 1048577, received = 1048577 WHERE id = %s", kept.file)
    sql("INSERT INTO file_blocks VALUES (%s, %s, 1, 'y')", kept.file, ada.session_id)
    job = worker.claim()
    assert job == {
        "id": kept.document,
        "kind": "text",
        "blocks": 2,
        "done": [],
        "shown": False,
        "embedding": False,
        "reply_awaited": False,
    }
    blocks = [worker.ask("GET", f"/{kept.document}/blocks/{n}").content for n in range(2)]
    assert blocks == [b"x" * 1_048_576, b"y"]
    problem(worker.ask("GET", f"/{kept.document}/blocks/2"), 404, "document-not-found")
    worker.ask("POST", f"/{kept.document}/heartbeat", json={"pages": 1})
    assert not worker.store(kept.document), "no other waits"
    worker.finish(kept.document)
    assert see_document(sql, "state, pages, progress, read_with, error", kept.document) == [
        ("complete", 1, 1, "eyes", None)
    ]
    passages = see_document(sql, "page, start_offset, end_offset, text", kept.document, "passages")
    assert sorted(passages) == [(1, 0, 4, "One."), (1, 5, 9, "Two.")]


def test_a_document_that_can_t_be_read_says_why(worker: Worker, ada: Person, sql: Sql) -> None:
    kept = queue_document(sql, ada)
    worker.finish(worker.claimed(), "encrypted")
    assert see_document(sql, "state, error", kept.document) == [("failed", "encrypted")]
    assert worker.claim() is None


def test_a_page_is_stored_once_and_what_comes_again_changes_nothing(
    worker: Worker, ada: Person, sql: Sql
) -> None:
    document = queue_document(sql, ada).document
    worker.claim()
    worker.store(document)
    worker.store(document, text="Another.", passages=[[0, 8]])
    assert see_document(sql, "text", document, "document_pages") == [("One. Two.",)]
    assert len(see_document(sql, "1", document, "passages")) == 2
    assert see_document(sql, "progress", document) == [(1,)]


def test_of_pages_that_come_together_the_new_ones_are_stored(
    worker: Worker, ada: Person, sql: Sql
) -> None:
    document = queue_document(sql, ada).document
    worker.claim()
    worker.store(document, 2)
    assert worker.put(document, [PAGE | {"number": n} for n in (1, 2, 3)]).is_success
    assert see_document(sql, "progress", document) == [(3,)]
    assert len(see_document(sql, "1", document, "passages")) == 6


def test_a_document_may_be_deleted_while_its_pages_are_stored(
    worker: Worker, ada: Person, sql: Sql, database: Database
) -> None:
    """Neither waits for the other for ever."""
    document = queue_document(sql, ada).document
    worker.claim()
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with ThreadPoolExecutor(1) as pool:
        with database.reader() as connection:
            repository.hold(connection, worker.name, UUID(document))
            deleting = pool.submit(ada.delete, f"/documents/{document}")
            wait_until(lambda: sql(waits) != [(0,)])
            page = ReadPage.model_validate(PAGE)
            repository.store_pages(connection, worker.name, UUID(document), [page])
        assert deleting.result().status_code == 204
    assert see_document(sql, "1", document, "document_pages") == []


def test_a_document_that_is_deleted_while_it_is_read_is_gone(
    worker: Worker, ada: Person, sql: Sql
) -> None:
    kept = queue_document(sql, ada)
    worker.claim()
    sql("DELETE FROM files WHERE id = %s", kept.file)
    problem(worker.put(kept.document, [PAGE]), 404, "document-not-found")


def test_what_needs_a_tesseract_waits_for_a_worker_that_has_one(
    worker: Worker, ada: Person, sql: Sql
) -> None:
    other, document = keep_document(sql, ada.chat()).document, queue_document(sql, ada).document
    worker.claim(ocr=False)
    worker.store(document, 1)
    worker.store(document, 2, text="", source="needs-ocr", passages=[])
    assert Worker(worker.http, "other").claim(ocr=True) is None, "while it is read"
    worker.finish(document)
    assert worker.claim(ocr=False) is None
    job = worker.claim(ocr=True)
    assert (job["id"], job["done"]) == (document, [1])
    assert see_document(sql, "progress", document) == [(1,)], "pages of this one"
    assert see_document(sql, "state", other) == [("complete",)], "all of it was read"
    worker.store(document, 2, text="Seen.", source="ocr", passages=[[0, 5]])
    worker.finish(document)
    assert worker.claim(ocr=True) is None
    assert see_document(sql, "state, progress", document) == [("complete", 2)]
    assert see_document(sql, "text", document, "document_pages")[1] == ("Seen.",)


def test_the_picture_that_is_shown_is_stored_once(worker: Worker, ada: Person, sql: Sql) -> None:
    document = queue_document(sql, ada, kind="jpeg").document
    worker.claim()
    for jpeg in (b"first", b"second"):
        answer = worker.ask("PUT", f"/{document}/picture", content=jpeg)
        assert answer.status_code == 204, answer.text
    shown = sql(
        "SELECT bytes FROM documents d JOIN file_blocks b ON b.file_id = d.shown_file_id"
        " WHERE d.id = %s",
        document,
    )
    assert [bytes(row[0]) for row in shown] == [b"first"]
    assert sql("SELECT count(*) FROM files") == [(2,)], "the document's and the one to be shown"
    worker.ask("POST", "/release")
    assert worker.claim()["shown"]


@pytest.mark.parametrize("kind", ["pdf", "text", "sound"])
def test_only_of_a_picture_is_there_something_to_show(
    worker: Worker, ada: Person, sql: Sql, kind: str
) -> None:
    document = queue_document(sql, ada, kind=kind).document
    worker.claim(sound=True)
    answer = worker.ask("PUT", f"/{document}/picture", content=b"x")
    assert reasons(answer) == [("document_id", "invalid")]
    assert see_document(sql, "shown_file_id", document) == [(None,)]


def test_a_page_and_a_picture_may_be_as_large_as_a_block_and_no_larger(
    worker: Worker, ada: Person, sql: Sql
) -> None:
    document = queue_document(sql, ada, kind="png").document
    worker.claim()
    worker.store(document, text="界" * 200_000)
    for path, size, status in (("picture", 1_048_576, 204), ("picture", 1_048_577, 413)):
        answer = worker.ask("PUT", f"/{document}/{path}", content=b"x" * size)
        assert answer.status_code == status


@pytest.mark.parametrize(
    "wrong",
    [
        {"passages": [[0, 10]]},
        {"passages": [[3, 3]]},
        {"passages": [[5, 4]]},
        {"passages": [[-1, 4]]},
        {"passages": [[0, 1]] * 10_001},
        {"source": "needs-ocr"},
        {"number": 0},
        {"number": 1_000_001},
        {"text": "x" * 200_001},
        {"text": "a\0b"},
    ],
)
def test_a_page_that_can_t_be_one_is_refused(
    worker: Worker, ada: Person, sql: Sql, wrong: dict[str, Any]
) -> None:
    document = queue_document(sql, ada).document
    worker.claim()
    problem(worker.put(document, [PAGE | wrong]), 422, "invalid-input")
