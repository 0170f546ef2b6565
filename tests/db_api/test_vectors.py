"""Passages are found by the sentence whose vector is nearest to the question's: all of a small
session's, beside however many others."""

import math
from collections.abc import Callable
from operator import mul
from typing import Any

import httpx
import pytest
from alembic import command
from app.passages import search as search_module

from tests.db_api.api import Person, body
from tests.db_api.conftest import Sql, alembic_config, new_database, serve_api
from tests.db_api.passages import Read, ask, connect_reader, read, read_document, reader
from tests.db_api.vectors import Vectors, make_vector, tell
from tests.support.postgres import Postgres

__all__ = ["read", "reader"]

# (document, vectors, model): gives its passages these vectors, in their order. Several of a passage
# are those of its characters.
Embed = Callable[..., None]


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


def list_passages(reader: httpx.Client, document: str, model: str) -> Any:
    return body(reader.get(f"/{document}/passages", params={"model": model}))


def find(person: Person, chat: str, question: str, vector: Vectors, **more: Any) -> list[str]:
    """The texts that are found, the best first."""
    asked = {"vector": vector, "vector_model": "m", **more}
    return [passage["text"] for passage in ask(person, chat, question, **asked)["passages"]]


def test_a_passage_is_found_by_its_vector_and_by_words_and_best_by_both(
    ada: Person, chat: str, read: Read, embed: Embed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_module, "BY_INDEX", None)  # which is for very many
    other = read(ada, ada.chat(), "Nothing of this chat.")
    embed(other, [[make_vector(3)]])
    document = read(ada, chat, "A badger.", "An otter.", "A badger and an otter.", "Nothing.")
    embed(document, [[make_vector(n)] for n in range(4)])
    assert find(ada, chat, "unheard-of", make_vector(3))[0] == "Nothing."
    assert find(ada, chat, "badger", make_vector(2))[0] == "A badger and an otter."
    found = find(ada, chat, "otter", make_vector(3), vector_model="other")
    assert found == ["An otter.", "A badger and an otter."]


def test_the_first_by_words_and_the_first_by_vectors_are_not_hidden_by_what_is_late_by_both() -> (
    None
):
    late = [*range(2, 21)]
    assert {0, 1} <= {*search_module.fuse([0, *late], [1, *late])[:5]}


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


# Has four of the six words together. The others have all of them, here and there, and are better
# by words.
QUESTION = "Which teacher left cheap bags in the museum kitchen?"
TOGETHER = "A teacher left cheap bags."
SCATTERED = "A teacher came.\n\nIt is left.\n\nCheap bags.\n\nThe museum.\n\nThe kitchen."


@pytest.mark.parametrize(("better", "good"), [(4, True), (5, False)])
def test_what_vectors_find_lets_no_question_pass(
    ada: Person, chat: str, read: Read, embed: Embed, better: int, good: bool
) -> None:
    """Neither by its meaning, nor by words that others have more of."""
    vectors = [[make_vector(n)] * 12 for n in range(better + 1)]
    embed(read(ada, chat, TOGETHER, *[SCATTERED] * better), vectors)
    asked = {"vector": make_vector(0), "vector_model": "m"}
    assert TOGETHER in find(ada, chat, QUESTION, make_vector(0))
    assert ask(ada, chat, QUESTION, **asked)["good"] is good
    assert find(ada, chat, "unheard-of", make_vector(0))[0] == TOGETHER
    assert ask(ada, chat, "unheard-of", **asked)["good"] is False


def test_only_what_is_found_can_be_good(ada: Person, chat: str, read: Read, embed: Embed) -> None:
    document = read(ada, chat, "The otter eats trout.", "The otter sleeps.", "Nothing.")
    embed(document, [[make_vector(3)], [make_vector(1)], [make_vector(2)]])
    near = mix(make_vector(1), make_vector(1), make_vector(2))
    for limit, good in ((1, False), (2, True)):
        asked = {"vector": near, "vector_model": "m", "limit": limit}
        found = ask(ada, chat, "Does the otter eat trout?", **asked)
        assert found["passages"][0]["text"] == "The otter sleeps."
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
    """Ada has 60 passages of two sentences in this chat; 1,500 of Bob's are nearer to the question,
    more than the index hands out at once. Against brute force, by comparing all and by the
    index."""
    texts = [f"Passage {n}" for n in range(60)]
    vectors = {text: [make_vector(n), make_vector(n + 100)] for n, text in enumerate(texts)}
    embed(read(ada, chat, *texts), list(vectors.values()))
    copies = read(ada, ada.chat(), *(f"Of another chat: {text}" for text in texts[:20]))
    embed(copies, [vectors[text] for text in texts[:20]])
    old = read(ada, chat, *(f"Of another model: {text}" for text in texts[:20]))
    embed(old, [vectors[text] for text in texts[:20]])
    sql("UPDATE passage_vectors SET model = 'old' WHERE document_id = %s", old)
    his = read(bob, bob.chat(), "His.")
    add_many(sql, his, 1500)
    sql("ANALYZE passage_vectors")
    recalls = []
    for exact in (search_module.EXACT, 1):
        monkeypatch.setattr(search_module, "EXACT", exact)
        for seed in range(1000, 1010):
            asked = [1 + x for x in make_vector(seed)]
            nearest = sorted(texts, key=lambda t: -max(cosine(v, asked) for v in vectors[t]))[:10]
            found = find(ada, chat, "?", asked, limit=10)
            recalls.append(len(set(nearest) & set(found)) / 10)
    assert recalls[:10] == [1.0] * 10
    # The graph of an index is built by chance and misses one now and then; without the iterative
    # scan it finds none.
    assert sum(recalls[10:]) > 5


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
        " (SELECT array_agg(random() + 0.5) FROM generate_series(1, 384) WHERE id > 0)::halfvec,"
        " 0, 1 FROM passage",
        *(count + 9, document),
    )


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
