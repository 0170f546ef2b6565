"""A doc-worker reaches only what it holds, and its token opens the reading and nothing else."""

from typing import Any

import httpx
import pytest

from tests.db_api.api import NOWHERE, Api, Person, body, problem
from tests.db_api.conftest import Sql
from tests.db_api.documents import keep_document, see_document
from tests.db_api.test_problems import OPEN, lead_nowhere, operations
from tests.db_api.worker import ENDING, PAGE, Worker

VECTORS: dict[str, Any] = {
    "model": "m",
    "vectors": [{"passage": 1, "start": 0, "end": 1, "vector": [0.5] * 384}],
}


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
    if state == "running":
        sql("UPDATE documents SET embedding = true")
        asked.append(worker.ask("POST", f"/{other}/vectors/finish", json={"model": "m"}))
    for answer in asked:
        problem(answer, 404, "document-not-found")
    worker.ask("POST", "/release")
    assert see_document(sql, "state, pages", other) == [(state, None)]


@pytest.mark.parametrize(("kind", "embedding"), [("png", False), ("sound", False), ("text", True)])
def test_who_holds_two_documents_changes_only_the_one_that_is_named(
    worker: Worker, ada: Person, sql: Sql, kind: str, embedding: bool
) -> None:
    one, other = (
        keep_document(sql, ada.chat(), content, kind=kind, state="running").document
        for content in (b"one", b"other")
    )
    sql("UPDATE documents SET embedding = %s", embedding)
    sql(
        "INSERT INTO document_pages SELECT document_id, session_id, 2, '', 'needs-ocr'"
        " FROM document_pages"
    )
    sql("UPDATE document_pages SET source = 'needs-ocr'")

    def see() -> list[Any]:
        tables = ("documents", "document_pages", "passages", "passage_vectors")
        return [
            sql(
                "SELECT text, source FROM document_pages WHERE document_id = %s AND number = 2", one
            ),
            *(see_document(sql, f"{table}::text", other, table) for table in tables),
            sql(
                "SELECT f, b.bytes::text FROM documents d JOIN files f ON f.id = d.file_id"
                " JOIN file_blocks b ON b.file_id = f.id WHERE d.id = %s",
                other,
            ),
        ]

    before, answers = see(), [worker.ask("GET", f"/{one}/blocks/0")]
    if embedding:
        ((passage,),) = see_document(sql, "id", one, "passages")
        sql("UPDATE passages SET text = 'Title', start_offset = 1 WHERE id = %s", passage)
        listed = body(worker.ask("GET", f"/{one}/passages", params={"model": "m"}))
        assert (listed["title"], [p["id"] for p in listed["passages"]]) == ("Title", [passage])
        ((foreign,),) = see_document(sql, "id", other, "passages")
        vectors = [VECTORS["vectors"][0] | {"passage": each} for each in (passage, foreign)]
        given = VECTORS | {"vectors": vectors}
        answers.append(worker.ask("PUT", f"/{one}/vectors", json=given))
        problem(worker.ask("POST", f"/{one}/finish", json=ENDING), 404, "document-not-found")
    else:
        answers.append(worker.ask("POST", f"/{one}/heartbeat", json={"pages": 9}))
        answers.append(worker.put(one, [PAGE]))
        ending = worker.ask("POST", f"/{one}/vectors/finish", json={"model": "m"})
        problem(ending, 404, "document-not-found")
    if kind == "png":
        answers.append(worker.ask("PUT", f"/{one}/picture", content=b"x"))
    end, what = ("/vectors/finish", {"model": "m"}) if embedding else ("/finish", ENDING)
    answers.append(worker.ask("POST", f"/{one}{end}", json=what))
    assert [answer.status_code for answer in answers if not answer.is_success] == []
    assert see() == before
    assert see_document(sql, "state", one) == [("complete",)]
