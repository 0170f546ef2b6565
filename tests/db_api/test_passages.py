"""Passages of a chat's documents are found by their words: whatever their case, accents, endings or
script; the rare ones count more. Only the chat's own documents are searched."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from operator import mul
from random import Random
from typing import Any

import httpx
import pytest
from alembic import command
from app.passages import search as search_module
from app.passages.words import COMMON_WORDS, detect_language, split_words
from app.settings import Settings

from tests.db_api.api import NOWHERE, Api, Person, body, problem
from tests.db_api.conftest import Sql, alembic_config, new_database, serve_api
from tests.support.postgres import Postgres

# (person, chat, pages): a document of these pages, each a passage; its id.
Read = Callable[..., str]


@contextmanager
def connect_reader(api: Api, settings: Settings) -> Iterator[httpx.Client]:
    """A client with doc-worker's token instead of the services'."""
    headers = {"Authorization": f"Bearer {settings.doc_worker_token}", "X-Worker": "w"}
    with httpx.Client(base_url=f"{api.http.base_url}/reading", headers=headers) as client:
        yield client


def read_document(reader: httpx.Client, person: Person, chat: str, *texts: str) -> str:
    """Uploads it and reads it, as doc-worker does."""
    document: str = person.upload(repr(texts).encode(), chat=chat)["id"]
    assert body(reader.post("/claim", json={"ocr": True}))["id"] == document
    pages = [
        {"number": n, "text": text, "source": "text", "passages": [[0, len(text)]]}
        for n, text in enumerate(texts, 1)
    ]
    body(reader.put(f"/{document}/pages", json={"pages": pages}))
    ending = {"read_with": "eyes", "error": None}
    assert reader.post(f"/{document}/finish", json=ending).is_success
    return document


@pytest.fixture
def reader(api: Api, settings: Settings) -> Iterator[httpx.Client]:
    with connect_reader(api, settings) as client:
        yield client


@pytest.fixture
def read(reader: httpx.Client) -> Read:
    return partial(read_document, reader)


def find(person: Person, chat: str, q: str, **params: Any) -> list[str]:
    """The texts that are found, the best first."""
    return [passage["text"] for passage in search(person, chat, q, **params)["passages"]]


def search(person: Person, chat: str, q: str, **params: Any) -> Any:
    return body(person.get(f"/chats/{chat}/passages", q=q, **params))


def ask(person: Person, chat: str, question: str, **more: Any) -> Any:
    return body(person.post(f"/chats/{chat}/passages", {"question": question, **more}))


TEXTS = (
    "The lease ends on 31 March 2027 and may be extended once.",
    "Der Vertrag wurde von beiden Parteien in Zürich unterschrieben.",
    "El jardín está abierto todos los días, salvo los lunes.",
    "The caretaker has the keys of the cellar and of the roof.",
    "東京都の図書館は午前九時に開館します。",
)


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("When does the lease end?", 0),
        ("LEASES ENDING", 0),
        ("Wer hat die Verträge unterschrieben?", 1),
        ("zurich", 1),
        ("¿Qué días está abierto el jardin?", 2),
        ("jardines", 2),
        ("Who has the key to the roof?", 3),
        ("図書館は何時に開館しますか", 4),
    ],
)
def test_a_passage_is_found_by_its_words(
    ada: Person, chat: str, read: Read, question: str, found: int
) -> None:
    read(ada, chat, *TEXTS)
    assert find(ada, chat, question)[0] == TEXTS[found]
    assert search(ada, chat, question)["good"]


def test_it_is_told_with_its_place(ada: Person, chat: str, read: Read) -> None:
    document = read(ada, chat, *TEXTS)
    (first,) = search(ada, chat, "caretaker", limit=1)["passages"]
    assert first == {
        **{"document_id": document, "name": "notes.txt", "page": 4, "text": TEXTS[3]},
        **{"start": 0, "end": len(TEXTS[3])},
    }


def test_rare_words_count_more_than_many_common_ones(ada: Person, chat: str, read: Read) -> None:
    often = [f"The annual report of the board, part {n}." for n in range(20)]
    read(ada, chat, *often, "An otter was seen.")
    assert find(ada, chat, "annual report of the board: otter", limit=2)[0] == "An otter was seen."


@pytest.mark.parametrize("question", ["What is the capital of Mongolia?", "Who is it?", "?!"])
def test_what_is_not_in_the_documents_is_not_good(
    ada: Person, chat: str, read: Read, question: str
) -> None:
    read(ada, chat, *TEXTS, "The capital of the firm is 50,000 euros.")
    assert not search(ada, chat, question)["good"]


SCATTERED = """A teacher founded the museum. Nobody knows why.
It is heated with gas. That is cheap. The shop is in the old kitchen. It closes at five.
Bags are left outside."""


@pytest.mark.parametrize(
    ("question", "good"),
    [
        ("Who founded the museum?", True),
        ("When does the shop close?", True),  # in two sentences
        ("Which teacher left cheap bags in the museum kitchen?", False),  # in many
    ],
)
def test_what_is_good_is_in_one_place(
    ada: Person, chat: str, read: Read, question: str, good: bool
) -> None:
    read(ada, chat, SCATTERED, *TEXTS)
    found = search(ada, chat, question)
    assert (found["passages"][0]["text"], found["good"]) == (SCATTERED, good)


def test_a_follow_up_is_searched_together_with_the_question_before(
    ada: Person, chat: str, read: Read
) -> None:
    read(ada, chat, "The museum opens at 9 in summer.", "The museum opens at 11 in winter.", *TEXTS)
    before = "When does the museum open in summer?"
    found = ask(ada, chat, "And in winter?", before=before)["passages"]
    assert "winter" in found[0]["text"]
    assert "museum" in ask(ada, chat, "And on other days?", before=before)["passages"][0]["text"]


def test_only_the_documents_of_the_chat_are_searched(
    ada: Person, bob: Person, chat: str, read: Read
) -> None:
    other, his = ada.chat(), bob.chat()
    read(ada, chat, "A badger.")
    read(ada, other, "A badger, too.")
    read(bob, his, "His badger.")
    assert find(ada, chat, "badger") == ["A badger."]
    assert find(bob, his, "badger") == ["His badger."]
    for stranger, where in ((bob, chat), (ada, his), (ada, NOWHERE)):
        asked = stranger.get(f"/chats/{where}/passages", q="badger")
        problem(asked, 404, "chat-not-found")


def test_a_deleted_document_is_found_no_more(ada: Person, chat: str, read: Read) -> None:
    document = read(ada, chat, "A badger.")
    ada.delete(f"/documents/{document}")
    assert search(ada, chat, "badger") == {"passages": [], "good": False}


def test_as_many_are_found_as_are_asked_for(ada: Person, chat: str, read: Read) -> None:
    read(ada, chat, *(f"Badger {n}" for n in range(9)))
    assert [len(find(ada, chat, "badger", limit=n)) for n in (1, 5, 40)] == [1, 5, 9]
    assert find(ada, chat, "badger\0 7", limit=1) == ["Badger 7"]


def test_the_longest_question_is_searched_for(ada: Person, chat: str, read: Read) -> None:
    read(ada, chat, "A badger.")
    question = "badger " + " ".join(f"word{n}" for n in range(4000))
    assert ask(ada, chat, question)["passages"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"question": ""},
        {"question": "a\0b"},
        {"vector": [0.5] * 384},
        {"vector_model": "m"},
        {"vector": [0.5] * 383, "vector_model": "m"},
        {"vector": [1e9] * 384, "vector_model": "m"},
        {"limit": 0},
    ],
)
def test_a_question_that_can_t_be_one_is_refused(
    ada: Person, chat: str, wrong: dict[str, Any]
) -> None:
    asked = ada.post(f"/chats/{chat}/passages", {"question": "Hi"} | wrong)
    problem(asked, 422, "invalid-input")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Straße, STRASSE", ["strasse"]),
        ("Café Œuvre Łódź smørrebrød", ["cafe", "oeuvre", "lodz", "smorrebrod"]),
        ("naïve ﬁle № 5", ["naive", "file", "no", "5"]),
        ("Verein-\nbarung und Ost-\nWest", ["vereinbarung", "und", "ost", "west"]),
        ("and/or_snake", ["and", "or", "snake"]),
        ("東京都 Python入門 字", ["東京", "京都", "python", "入門", "字"]),
        ("가나다", ["가나", "나다"]),
        ("x" * 5000, ["x" * 64]),
        ("'); DROP & | ! :* \\", ["drop"]),
    ],
)
def test_a_text_is_split_into_words(text: str, words: list[str]) -> None:
    assert split_words(text) == words


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What is the price of the ticket?", "english"),
        ("Wie hoch ist der Preis für die Karte?", "german"),
        ("Quel est le prix du billet pour les enfants ?", "french"),
        ("¿Cuál es el precio de la entrada y de los niños?", "spanish"),
        ("Qual è il prezzo del biglietto per gli adulti?", "italian"),
        ("Wat is de prijs van het kaartje?", "dutch"),
        ("Preis 2027", None),
    ],
)
def test_the_language_is_found_by_the_commonest_words(text: str, language: str | None) -> None:
    assert detect_language(split_words(text)) == language


def test_each_language_has_a_stemmer_and_its_commonest_words_have_no_accents(sql: Sql) -> None:
    stemmers = {name for (name,) in sql("SELECT dictname::text FROM pg_ts_dict")}
    for language, words in COMMON_WORDS.items():
        assert f"{language}_stem" in stemmers
        assert split_words(words) == words.split()


def make_vector(seed: int) -> list[float]:
    """Some direction; far from that of any other seed."""
    random = Random(seed)
    return [random.uniform(-1, 1) for _ in range(384)]


@pytest.fixture
def embed(reader: httpx.Client) -> Callable[[str, list[list[float]]], None]:
    """Gives a document's passages these vectors, in their order, as doc-worker does."""

    def store(document: str, vectors: list[list[float]], model: str = "m") -> None:
        claimed = body(reader.post("/claim", json={"ocr": False, "vector_model": model}))
        assert (claimed["id"], claimed["embedding"]) == (document, True)
        while left := body(reader.get(f"/{document}/passages", params={"model": model}))[
            "passages"
        ]:
            given = [{"passage": p["id"], "vector": vectors.pop(0)} for p in left]
            told = {"model": model, "vectors": given}
            body(reader.put(f"/{document}/vectors", json=told))
        ended = reader.post(f"/{document}/vectors/finish", json={"model": model})
        assert ended.status_code == 204

    return store


def test_a_passage_is_found_by_its_vector_and_by_words_and_best_by_both(
    ada: Person, chat: str, read: Read, embed: Callable[..., None]
) -> None:
    document = read(ada, chat, "A badger.", "An otter.", "A badger and an otter.", "Nothing.")
    embed(document, [make_vector(n) for n in range(4)])
    by_vector = {"vector": make_vector(3), "vector_model": "m"}
    found = ask(ada, chat, "unheard-of", **by_vector)["passages"]
    assert found[0]["text"] == "Nothing."
    both = ask(ada, chat, "badger", vector=make_vector(2), vector_model="m")["passages"]
    assert both[0]["text"] == "A badger and an otter."
    other = ask(ada, chat, "otter", vector=make_vector(3), vector_model="other")["passages"]
    assert [passage["text"] for passage in other] == ["An otter.", "A badger and an otter."]


def test_a_small_session_beside_a_huge_one_finds_all_its_nearest(
    ada: Person,
    bob: Person,
    chat: str,
    read: Read,
    embed: Callable[..., None],
    sql: Sql,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ada has 60 passages, Bob 800. Against brute force, by comparing all and by the index."""
    texts = [f"Passage {n}" for n in range(60)]
    vectors = {text: make_vector(n) for n, text in enumerate(texts)}
    embed(read(ada, chat, *texts), list(vectors.values()))
    his = read(bob, bob.chat(), "His.")
    add_many(sql, his, 800)
    sql("ANALYZE passage_vectors")
    recalls = []
    for exact in (search_module.EXACT, 1):
        monkeypatch.setattr(search_module, "EXACT", exact)
        for seed in range(1000, 1010):
            asked = make_vector(seed)
            nearest = sorted(texts, key=lambda text: -cosine(vectors[text], asked))[:10]
            found = ask(ada, chat, "?", vector=asked, vector_model="m", limit=10)["passages"]
            recalls.append(len(set(nearest) & {passage["text"] for passage in found}) / 10)
    assert recalls == [1.0] * 20


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


def cosine(a: list[float], b: list[float]) -> float:
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
        " (SELECT array_agg(random() - 0.5) FROM generate_series(1, 384) WHERE id > 0)::halfvec"
        " FROM passage",
        *(count + 9, document),
    )
