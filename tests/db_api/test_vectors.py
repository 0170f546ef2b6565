"""Passages get vectors of their sentences, and are found by the one that is nearest to the
question's: all of a small session's, beside however many others."""

import math
from collections.abc import Callable, Iterator
from operator import mul
from random import Random
from typing import Any

import httpx
import pytest
from alembic import command
from app.passages import search as search_module
from app.settings import Settings

from tests.db_api.api import Api, Person, body
from tests.db_api.conftest import Sql, alembic_config, new_database, serve_api
from tests.db_api.documents import keep_document, queue_document, see_document
from tests.db_api.test_passages import Read, ask, connect_reader, read, read_document, reader
from tests.db_api.worker import LEASE_RUNS_OUT, Worker
from tests.support.postgres import Postgres

__all__ = ["read", "reader"]

Vectors = list[float]
# (document, vectors, model): gives its passages these vectors, in their order. Several of a passage
# are those of its characters.
Embed = Callable[..., None]


def make_vector(seed: int) -> Vectors:
    """Some direction; far from that of any other seed."""
    random = Random(seed)
    return [random.uniform(-1, 1) for _ in range(384)]


def tell(passage: int, *vectors: Vectors) -> list[dict[str, Any]]:
    """Of a passage's first characters, as sentences."""
    return [
        {"passage": passage, "start": n, "end": n + 1, "vector": vector}
        for n, vector in enumerate(vectors)
    ]


@pytest.fixture
def embed(reader: httpx.Client) -> Embed:
    def store(document: str, passages: list[list[Vectors]], model: str = "m") -> None:
        claimed = body(reader.post("/claim", json={"ocr": False, "vector_model": model}))
        assert (claimed["id"], claimed["embedding"]) == (document, True)
        vectors = iter(passages)
        while left := list_passages(reader, document, model)["passages"]:
            told = [each for p in left for each in tell(p["id"], *next(vectors))]
            body(reader.put(f"/{document}/vectors", json={"model": model, "vectors": told}))
        ended = reader.post(f"/{document}/vectors/finish", json={"model": model})
        assert ended.status_code == 204

    return store


@pytest.fixture
def worker(api: Api, settings: Settings) -> Iterator[Worker]:
    headers = {"Authorization": f"Bearer {settings.doc_worker_token}"}
    with httpx.Client(base_url=api.http.base_url, headers=headers, timeout=60) as client:
        yield Worker(client)


def list_passages(reader: httpx.Client, document: str, model: str) -> Any:
    return body(reader.get(f"/{document}/passages", params={"model": model}))


def find(person: Person, chat: str, question: str, vector: Vectors, **more: Any) -> list[str]:
    """The texts that are found, the best first."""
    asked = {"vector": vector, "vector_model": "m", **more}
    return [passage["text"] for passage in ask(person, chat, question, **asked)["passages"]]


def test_a_passage_is_found_by_its_vector_and_by_words_and_best_by_both(
    ada: Person, chat: str, read: Read, embed: Embed
) -> None:
    document = read(ada, chat, "A badger.", "An otter.", "A badger and an otter.", "Nothing.")
    embed(document, [[make_vector(n)] for n in range(4)])
    assert find(ada, chat, "unheard-of", make_vector(3))[0] == "Nothing."
    assert find(ada, chat, "badger", make_vector(2))[0] == "A badger and an otter."
    found = find(ada, chat, "otter", make_vector(3), vector_model="other")
    assert found == ["An otter.", "A badger and an otter."]


def test_a_passage_counts_by_its_nearest_sentence_and_tells_which_it_is(
    ada: Person, chat: str, read: Read, embed: Embed
) -> None:
    near, far = make_vector(0), make_vector(1)
    mixed = [x + y for x, y in zip(near, far, strict=True)]
    document = read(ada, chat, "Blurred.", "Sharp.", "xyz")
    embed(document, [[mixed, mixed], [far, near, far], [make_vector(2)]])
    asked = {"vector": near, "vector_model": "m"}
    first, second, _ = ask(ada, chat, "?", **asked)["passages"]
    assert (first["text"], first["sentence_start"], first["sentence_end"]) == ("Sharp.", 1, 2)
    assert second["text"] == "Blurred."
    (by_words,) = ask(ada, chat, "xyz")["passages"]
    assert (by_words["sentence_start"], by_words["sentence_end"]) == (None, None)


def test_many_near_sentences_of_a_passage_hide_no_other_passage(
    ada: Person, chat: str, read: Read, embed: Embed
) -> None:
    near = make_vector(0)
    embed(read(ada, chat, "x" * 50, "Other."), [[near] * 50, [make_vector(1)]])
    assert find(ada, chat, "?", near) == ["x" * 50, "Other."]


def mix(*vectors: Vectors) -> Vectors:
    return [sum(numbers) for numbers in zip(*vectors, strict=True)]


@pytest.mark.parametrize(
    ("asked", "sentences", "good"),
    [
        (mix(make_vector(0), make_vector(5)), 12, True),
        (mix(make_vector(0), make_vector(99)), 12, False),  # about the same, and something else
        (make_vector(99), 12, False),
        (mix(make_vector(0), make_vector(5)), 9, False),  # too few to know what they are all about
    ],
)
def test_a_question_in_other_words_is_good_if_one_sentence_means_it(
    ada: Person, chat: str, read: Read, embed: Embed, asked: Vectors, sentences: int, good: bool
) -> None:
    about = make_vector(0)
    vectors = [mix(about, make_vector(n)) for n in range(1, sentences + 1)]
    embed(read(ada, chat, "x" * sentences), [vectors])
    found = ask(ada, chat, "unheard-of", vector=asked, vector_model="m")
    assert found["good"] is good


def test_a_small_session_beside_a_huge_one_finds_all_its_nearest(
    ada: Person,
    bob: Person,
    chat: str,
    read: Read,
    embed: Embed,
    sql: Sql,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ada has 60 passages of two sentences, Bob 800. Against brute force, by comparing all and by
    the index."""
    texts = [f"Passage {n}" for n in range(60)]
    vectors = {text: [make_vector(n), make_vector(n + 100)] for n, text in enumerate(texts)}
    embed(read(ada, chat, *texts), list(vectors.values()))
    his = read(bob, bob.chat(), "His.")
    add_many(sql, his, 800)
    sql("ANALYZE passage_vectors")
    recalls = []
    for exact in (search_module.EXACT, 1):
        monkeypatch.setattr(search_module, "EXACT", exact)
        for seed in range(1000, 1010):
            asked = make_vector(seed)
            nearest = sorted(texts, key=lambda t: -max(cosine(v, asked) for v in vectors[t]))[:10]
            found = find(ada, chat, "?", asked, limit=10)
            recalls.append(len(set(nearest) & set(found)) / 10)
    assert recalls == [1.0] * 20


def cosine(a: Vectors, b: Vectors) -> float:
    return float(sum(map(mul, a, b))) / math.hypot(*a) / math.hypot(*b)


def add_many(sql: Sql, document: str, count: int) -> None:
    """Passages with vectors around one direction, which an index hands out together."""
    sql(
        "WITH passage AS ("
        " INSERT INTO passages"
        " (document_id, session_id, page, start_offset, end_offset, text, words)"
        " SELECT id, session_id, 1, n, n + 1, 'x', '' FROM documents, generate_series(10, %s) AS n"
        " WHERE id = %s RETURNING *"
        ") INSERT INTO passage_vectors SELECT id, document_id, session_id, 'm',"
        " (SELECT array_agg(random() - 0.5) FROM generate_series(1, 384) WHERE id > 0)::halfvec,"
        " 0, 1 FROM passage",
        *(count + 9, document),
    )


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
    for wrong in odd:
        assert give(worker, hers, inside | wrong).status_code == 422


def test_as_many_vectors_come_at_once_as_passages_may_have(
    worker: Worker, ada: Person, sql: Sql
) -> None:
    document = queue_document(sql, ada).document
    worker.claim()
    worker.store(document, text="x" * 400, passages=[[0, 400]])
    worker.finish(document)
    ((passage,),) = see_document(sql, "id", document, "passages")
    assert worker.claim(model="m")["embedding"]
    body(give(worker, document, *tell(passage, *[[0.25] * 384] * 400)))
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


def test_without_pgvector_documents_are_found_by_their_words(postgres: Postgres) -> None:
    with new_database(postgres, revision=None) as bare:
        postgres.psql("DROP EXTENSION vector", bare.db_name)
        command.upgrade(alembic_config(bare), "head")
        with serve_api(bare) as (api, _), connect_reader(api, bare) as reader:
            chat = (ada := api.person("Ada")).chat()
            read_document(reader, ada, chat, "A badger.")
            asked = {"vector": make_vector(0), "vector_model": "m"}
            found = ask(ada, chat, "badgers", **asked)["passages"]
            assert [passage["text"] for passage in found] == ["A badger."]
            skills = {"ocr": True, "vector_model": "m"}
            assert reader.post("/claim", json=skills).status_code == 204, "nothing to do"
