"""A doc-worker makes vectors of the sentences of documents, once none waits to be read."""

from typing import Any

import httpx
import pytest

from tests.db_api.api import Person, body, problem
from tests.db_api.conftest import Sql
from tests.db_api.documents import keep_document, queue_document, see_document
from tests.db_api.vectors import tell
from tests.db_api.worker import LEASE_RUNS_OUT, Worker


def give(worker: Worker, document: str, *vectors: dict[str, Any]) -> httpx.Response:
    told = {"model": "m", "vectors": vectors}
    return worker.ask("PUT", f"/{document}/vectors", json=told)


def give_all(worker: Worker, document: str, model: str) -> int:
    """Stores two vectors for each passage that lacks some; how many there were."""
    passages = body(worker.ask("GET", f"/{document}/passages", params={"model": model}))["passages"]
    given = [each for p in passages for each in tell(p["id"], *[[0.5] * 384] * 2)]
    if given:
        told = {"model": model, "vectors": given}
        body(worker.ask("PUT", f"/{document}/vectors", json=told))
    return len(passages)


@pytest.mark.parametrize("sound", [False, True])
def test_no_document_is_queued_for_vectors_while_another_waits_to_be_read(
    worker: Worker, ada: Person, sql: Sql, sound: bool
) -> None:
    done = keep_document(sql, ada.chat()).document
    sql("UPDATE documents SET vector_model = NULL")
    waiting = queue_document(sql, ada).document
    assert worker.claim(model="m", sound=sound)["id"] == waiting
    assert see_document(sql, "state", done) == [("complete",)]
    assert Worker(worker.http, "other").claim(model="m", sound=sound)["id"] == done
    assert Worker(worker.http, "third").claim(model="m", sound=sound) is None, "both are held"


def test_a_document_gets_vectors_after_it_was_read_and_of_another_model_anew(
    worker: Worker, ada: Person, sql: Sql
) -> None:
    document = queue_document(sql, ada).document
    assert not worker.claim(model="m")["embedding"]
    worker.store(document)
    assert give_all(worker, document, "m") == 0, "it is being read"
    worker.finish(document)
    assert worker.claim(model=None) is None
    for model in ("m", "other"):
        assert worker.claim(model=model)["embedding"]
        assert body(ada.get(f"/documents/{document}"))["state"] == "complete", "for people"
        assert [give_all(worker, document, model) for _ in range(2)] == [2, 0]
        worker.ask("POST", f"/{document}/vectors/finish", json={"model": model})
        assert see_document(sql, "state, vector_model, embedding", document) == [
            ("complete", model, False)
        ]
        assert see_document(sql, "model", document, "passage_vectors") == [(model,)] * 4
        assert worker.claim(model=model) is worker.claim(model=None) is None


def test_reading_goes_before_vectors(worker: Worker, ada: Person, sql: Sql) -> None:
    read, waiting = keep_document(sql, ada.chat()).document, queue_document(sql, ada).document
    assert worker.claim(model="m")["id"] == waiting
    assert see_document(sql, "state", read) == [("complete",)], "nor does it wait"
    worker.finish(waiting)
    assert worker.claim(model="m")["id"] == read
    queue_document(sql, ada)
    assert body(give(worker, read, *tell(0, [0.5] * 384))) == {
        "others_wait": True,
        "reply_awaited": False,
    }
    worker.ask("POST", "/release")
    assert see_document(sql, "state, embedding", read) == [("complete", False)]


def test_a_document_whose_worker_died_over_its_vectors_waits_for_them_again(
    worker: Worker, ada: Person, sql: Sql
) -> None:
    """Even while another one waits to be read, which goes before it."""
    document = keep_document(sql, ada.chat()).document
    assert worker.claim(model="m")["id"] == document
    waiting = queue_document(sql, ada).document
    other = Worker(worker.http, "other")
    assert other.claim(model="m", predecessor=worker.name)["id"] == waiting
    assert see_document(sql, "state, embedding", document) == [("queued", True)]


def test_who_dies_over_vectors_spoils_no_document(worker: Worker, ada: Person, sql: Sql) -> None:
    document = keep_document(sql, ada.chat()).document
    for number in range(12):
        assert Worker(worker.http, f"w{number}").claim(model="m")["id"] == document
        sql(LEASE_RUNS_OUT)
    assert worker.claim(model=None) is None
    assert see_document(sql, "state, error, embedding", document) == [("complete", None, False)]


def test_a_vector_is_stored_of_what_is_in_a_passage_of_the_document_only(
    worker: Worker, ada: Person, bob: Person, sql: Sql
) -> None:
    his = keep_document(sql, bob.chat(), b"his").document
    sql("UPDATE documents SET vector_model = 'm'")
    hers = keep_document(sql, ada.chat()).document
    assert worker.claim(model="m")["id"] == hers
    ((foreign,),), ((own,),) = (see_document(sql, "id", each, "passages") for each in (his, hers))
    (inside,), (outside,) = (tell(passage, [0.5] * 384) for passage in (own, own))
    body(give(worker, hers, *tell(foreign, [0.5] * 384), inside, outside | {"start": 1, "end": 8}))
    assert see_document(sql, "model", his, "passage_vectors") == [("model",)]
    stored = see_document(sql, "start_offset, end_offset, model", hers, "passage_vectors")
    assert stored == [(0, 1, "m")]
    odd: list[dict[str, Any]] = [{"start": 1}, {"start": -1}, {"end": 10**9}, {"vector": []}]
    for wrong in [*odd, {"passage": -1}, {"passage": 2**63}]:
        assert give(worker, hers, inside | wrong).status_code == 422


def test_as_many_vectors_come_at_once_as_passages_may_have_and_no_more(
    worker: Worker, ada: Person, sql: Sql
) -> None:
    document = queue_document(sql, ada).document
    worker.claim()
    worker.store(document, text="x" * 400, passages=[[0, 400]])
    worker.finish(document)
    ((passage,),) = see_document(sql, "id", document, "passages")
    assert worker.claim(model="m")["embedding"]
    vectors = tell(passage, *[[0.25] * 384] * 401)
    problem(give(worker, document, *vectors), 422, "invalid-input")
    body(give(worker, document, *vectors[:400]))
    assert see_document(sql, "count(*)", document, "passage_vectors") == [(400,)]


def test_who_makes_vectors_is_told_the_document_s_first_line(
    worker: Worker, ada: Person, sql: Sql
) -> None:
    document = queue_document(sql, ada).document
    worker.claim()
    worker.store(document, 2, text="Behind.", passages=[[0, 7]])
    worker.store(document, text=f"The lease{'!' * 100}\nIt ends.", passages=[[0, 118]])
    worker.finish(document)
    worker.claim(model="m")
    told = body(worker.ask("GET", f"/{document}/passages", params={"model": "m"}))
    assert told["title"] == f"The lease{'!' * 71}"
