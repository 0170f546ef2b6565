"""Documents are read by doc-worker: claimed in turns, each page stored once, whoever dies. The
worker's token opens that and nothing else."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from app.db.transactions import Database
from app.reading import repository
from app.reading.schemas import ReadPage
from app.settings import Settings

from tests.db_api.api import NOWHERE, Api, Person, body, problem
from tests.db_api.conftest import Sql
from tests.db_api.documents import Kept, keep_document
from tests.db_api.test_problems import OPEN, lead_nowhere, operations
from tests.support.waiting import wait_until

PAGE = {"number": 1, "text": "One. Two.", "source": "text", "passages": [[0, 4], [5, 9]]}
ENDING = {"read_with": "eyes", "error": None}
VECTORS = {
    "model": "m",
    "vectors": [{"passage": 1, "start": 0, "end": 1, "vector": [0.5] * 384}],
}
LEASE_RUNS_OUT = "UPDATE documents SET lease_until = now() - interval '1 s' WHERE state = 'running'"


class Worker:
    """A doc-worker, as db-api sees it."""

    def __init__(self, http: httpx.Client, name: str = "w") -> None:
        self.http, self.name = http, name

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.http.request(
            method, f"/reading{path}", headers={"X-Worker": self.name}, timeout=10, **more
        )

    def claim(
        self,
        *,
        ocr: bool = True,
        sound: bool = False,
        model: str | None = None,
        predecessor: str | None = None,
    ) -> Any:
        skills = {"ocr": ocr, "sound": sound, "vector_model": model, "predecessor": predecessor}
        response = self.ask("POST", "/claim", json=skills)
        return None if response.status_code == 204 else body(response)

    def claimed(self) -> Any:
        """The id of the document that it claims."""
        return (self.claim() or {}).get("id")

    def store(self, document: str, number: int = 1, **changes: Any) -> bool:
        pages = [PAGE | {"number": number} | changes]
        return bool(body(self.put(document, pages))["others_wait"])

    def put(self, document: str, pages: list[Any]) -> httpx.Response:
        return self.ask("PUT", f"/{document}/pages", json={"pages": pages})

    def finish(self, document: str, error: str | None = None) -> None:
        ending = ENDING | {"error": error}
        assert self.ask("POST", f"/{document}/finish", json=ending).status_code == 204


@pytest.fixture
def reader(api: Api, settings: Settings) -> Iterator[httpx.Client]:
    """A client with doc-worker's token instead of the services'."""
    headers = {"Authorization": f"Bearer {settings.doc_worker_token}"}
    with httpx.Client(base_url=api.http.base_url, headers=headers) as client:
        yield client


@pytest.fixture
def worker(reader: httpx.Client) -> Worker:
    return Worker(reader)


def queue(sql: Sql, person: Person, content: bytes | None = None, **more: Any) -> Kept:
    """A document that waits."""
    content = content or uuid4().bytes  # the same one would be kept once
    return keep_document(sql, person.chat(), content, state="queued", **more)


def see(sql: Sql, what: str, document: str, table: str = "documents") -> Any:
    key = "id" if table == "documents" else "document_id"
    return sql(f"SELECT {what} FROM {table} WHERE {key} = %s", document)


def test_a_document_is_read_page_by_page(worker: Worker, ada: Person, sql: Sql) -> None:
    kept = queue(sql, ada, b"x" * 1_048_576)
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
    }
    blocks = [worker.ask("GET", f"/{kept.document}/blocks/{n}").content for n in range(2)]
    assert blocks == [b"x" * 1_048_576, b"y"]
    problem(worker.ask("GET", f"/{kept.document}/blocks/2"), 404, "document-not-found")
    worker.ask("POST", f"/{kept.document}/heartbeat", json={"pages": 1})
    worker.store(kept.document)
    worker.finish(kept.document)
    assert see(sql, "state, pages, progress, read_with, error", kept.document) == [
        ("complete", 1, 1, "eyes", None)
    ]
    passages = see(sql, "page, start_offset, end_offset, text", kept.document, "passages")
    assert sorted(passages) == [(1, 0, 4, "One."), (1, 5, 9, "Two.")]


def test_a_document_that_can_t_be_read_says_why(worker: Worker, ada: Person, sql: Sql) -> None:
    kept = queue(sql, ada)
    worker.finish(worker.claimed(), "encrypted")
    assert see(sql, "state, error", kept.document) == [("failed", "encrypted")]
    assert worker.claim() is None


def test_a_page_is_stored_once_and_what_comes_again_changes_nothing(
    worker: Worker, ada: Person, sql: Sql
) -> None:
    document = queue(sql, ada).document
    worker.claim()
    worker.store(document)
    worker.store(document, text="Another.", passages=[[0, 8]])
    assert see(sql, "text", document, "document_pages") == [("One. Two.",)]
    assert len(see(sql, "1", document, "passages")) == 2
    assert see(sql, "progress", document) == [(1,)]


def test_a_document_may_be_deleted_while_its_pages_are_stored(
    worker: Worker, ada: Person, sql: Sql, settings: Settings
) -> None:
    """Neither waits for the other for ever."""
    document = queue(sql, ada).document
    worker.claim()
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with ThreadPoolExecutor(1) as pool:
        with Database(settings).reader() as connection:
            repository.hold(connection, worker.name, UUID(document))
            deleting = pool.submit(ada.delete, f"/documents/{document}")
            wait_until(lambda: sql(waits) != [(0,)])
            page = ReadPage.model_validate(PAGE)
            repository.store_pages(connection, worker.name, UUID(document), [page])
        assert deleting.result().status_code == 204
    assert see(sql, "1", document, "document_pages") == []


def test_who_claims_after_a_death_goes_on_behind_the_stored_pages(
    worker: Worker, reader: httpx.Client, ada: Person, sql: Sql
) -> None:
    document = queue(sql, ada).document
    worker.claim()
    worker.store(document)
    other = Worker(reader, "other")
    assert other.claim(model="m") is None, "the lease still holds"
    sql(LEASE_RUNS_OUT)
    assert other.claim()["done"] == [1]
    problem(worker.put(document, [PAGE | {"number": 2}]), 404, "document-not-found")
    other.store(document, 2)
    other.finish(document)
    pages = see(sql, "number, source", document, "document_pages")
    assert sorted(pages) == [(1, "text"), (2, "text")]


def test_what_a_dead_worker_held_is_taken_over_at_once_by_who_names_it(
    worker: Worker, reader: httpx.Client, ada: Person, sql: Sql
) -> None:
    document = queue(sql, ada).document
    worker.claim()
    other = Worker(reader, "other")
    assert other.claim(predecessor="somebody else") is None
    assert other.claim(predecessor=worker.name)["id"] == document
    assert see(sql, "attempts, worker", document) == [(1, "other")]


@pytest.mark.parametrize(
    "state",
    [
        "state = 'queued'",
        "state = 'queued', attempts = 10",
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
    assert claimed is None if "10" in state else claimed["id"] == document


@pytest.mark.parametrize("path", ["/heartbeat", "/pages", "/blocks/0"])
def test_every_call_renews_the_lease(worker: Worker, ada: Person, sql: Sql, path: str) -> None:
    document = queue(sql, ada).document
    worker.claim()
    sql(LEASE_RUNS_OUT)
    method, content = {
        "/heartbeat": ("POST", {"pages": None}),
        "/pages": ("PUT", {"pages": [PAGE]}),
        "/blocks/0": ("GET", None),
    }[path]
    assert worker.ask(method, f"/{document}{path}", json=content).is_success
    assert see(sql, "lease_until > now()", document) == [(True,)]


def test_a_document_is_given_up_after_many_deaths_in_a_row_and_comes_last_until_then(
    worker: Worker, reader: httpx.Client, ada: Person, bob: Person, sql: Sql
) -> None:
    killer = queue(sql, ada).document
    for number in range(10):
        if number == 1:
            other = queue(sql, bob).document
            sql(LEASE_RUNS_OUT)
            assert worker.claimed() == other, "which has killed nobody"
            worker.finish(other)
        assert Worker(reader, f"w{number}").claimed() == killer
        sql(LEASE_RUNS_OUT)
    assert worker.claim() is None
    ended = see(sql, "state, error, finished_at", killer)
    assert ended[0][:2] == ("failed", "crashed")
    assert worker.claim() is None
    assert see(sql, "state, error, finished_at", killer) == ended, "it ends once"


def test_a_late_worker_and_one_that_hands_back_have_not_died(
    worker: Worker, ada: Person, sql: Sql
) -> None:
    document = queue(sql, ada).document
    assert worker.claimed() == document
    assert worker.claimed() == document, "it has lost the answer, or forgot"
    sql(LEASE_RUNS_OUT)
    assert worker.claimed() == document
    worker.ask("POST", "/release")
    assert see(sql, "state, attempts", document) == [("queued", 0)]


def test_sessions_take_turns(worker: Worker, ada: Person, bob: Person, sql: Sql) -> None:
    hers = [queue(sql, ada).document for _ in range(3)]
    his = [queue(sql, bob).document for _ in range(2)]
    order = []
    while document := worker.claimed():
        order.append(document)
        assert worker.store(document) == (len(order) < 5), "others wait, but for the last one"
        worker.finish(document)
    assert order == [hers[0], his[0], hers[1], his[1], hers[2]]


def test_texts_are_read_before_what_takes_longer(worker: Worker, ada: Person, sql: Sql) -> None:
    kinds = ("pdf", "png", "markdown", "text")
    queued = {kind: queue(sql, ada, kind=kind).document for kind in kinds}
    order = []
    while document := worker.claimed():
        order.append(document)
        worker.finish(document)
    assert order == [queued[kind] for kind in ("markdown", "text", "pdf", "png")]


def test_what_needs_a_tesseract_waits_for_a_worker_that_has_one(
    worker: Worker, ada: Person, sql: Sql
) -> None:
    other, document = keep_document(sql, ada.chat()).document, queue(sql, ada).document
    worker.claim(ocr=False)
    worker.store(document, 1)
    worker.store(document, 2, text="", source="needs-ocr", passages=[])
    assert Worker(worker.http, "other").claim(ocr=True) is None, "while it is read"
    worker.finish(document)
    assert worker.claim(ocr=False) is None
    job = worker.claim(ocr=True)
    assert (job["id"], job["done"]) == (document, [1])
    assert see(sql, "progress", document) == [(1,)], "pages of this one"
    assert see(sql, "state", other) == [("complete",)], "all of it was read"
    worker.store(document, 2, text="Seen.", source="ocr", passages=[[0, 5]])
    worker.finish(document)
    assert worker.claim(ocr=True) is None
    assert see(sql, "state, progress", document) == [("complete", 2)]
    assert see(sql, "text", document, "document_pages")[1] == ("Seen.",)


def test_the_picture_that_is_shown_is_stored_once(worker: Worker, ada: Person, sql: Sql) -> None:
    document = queue(sql, ada, kind="jpeg").document
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
    worker.ask("POST", "/release")
    assert worker.claim()["shown"]


def test_a_page_and_a_picture_may_be_as_large_as_a_block_and_no_larger(
    worker: Worker, ada: Person, sql: Sql
) -> None:
    document = queue(sql, ada, kind="png").document
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
    document = queue(sql, ada).document
    worker.claim()
    problem(worker.put(document, [PAGE | wrong]), 422, "invalid-input")


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


def test_of_pages_that_come_together_the_new_ones_are_stored(
    worker: Worker, ada: Person, sql: Sql
) -> None:
    document = queue(sql, ada).document
    worker.claim()
    worker.store(document, 2)
    assert worker.put(document, [PAGE | {"number": n} for n in (1, 2, 3)]).is_success
    assert see(sql, "progress", document) == [(3,)]
    assert len(see(sql, "1", document, "passages")) == 6


def test_a_document_that_is_deleted_while_it_is_read_is_gone(
    worker: Worker, ada: Person, sql: Sql
) -> None:
    kept = queue(sql, ada)
    worker.claim()
    sql("DELETE FROM files WHERE id = %s", kept.file)
    problem(worker.put(kept.document, [PAGE]), 404, "document-not-found")


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
    assert see(sql, "state, pages", other) == [(state, None)]
