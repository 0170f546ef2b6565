"""Passages of a chat's documents are found by their words: whatever their case, accents, endings or
script; the rare ones count more. Only the chat's own documents are searched."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import httpx
import pytest
from app.passages.words import COMMON_WORDS, detect_language, split_words
from app.settings import Settings

from tests.db_api.api import NOWHERE, Api, Person, body, problem
from tests.db_api.conftest import Sql

# (person, chat, pages): a document of these pages, each a passage; its id.
Read = Callable[..., str]


@contextmanager
def connect_reader(api: Api, settings: Settings) -> Iterator[httpx.Client]:
    """A client with doc-worker's token instead of the services'."""
    headers = {"Authorization": f"Bearer {settings.doc_worker_token}", "X-Worker": "w"}
    with httpx.Client(
        base_url=f"{api.http.base_url}/reading", headers=headers, timeout=60
    ) as client:
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
        **{"start": 0, "end": len(TEXTS[3]), "sentence_start": None, "sentence_end": None},
    }


def test_rare_words_count_more_than_many_common_ones(ada: Person, chat: str, read: Read) -> None:
    often = [f"The annual report of the board, part {n}." for n in range(20)]
    read(ada, chat, *often, "An otter was seen.")
    assert find(ada, chat, "annual report of the board: otter", limit=2)[0] == "An otter was seen."


@pytest.mark.parametrize(
    ("question", "good"),
    [
        ("How long must pea soup cook?", True),
        ("How much soup would I need?", True),
        ("Wie lange muss die Suppe kochen?", False),
        ("How much must I pay for it?", False),
        ("How much? How long?", False),
    ],
)
def test_few_passages_need_not_have_the_words_that_questions_are_asked_with(
    ada: Person, chat: str, read: Read, question: str, good: bool
) -> None:
    read(ada, chat, "Pea soup: soak the peas overnight. Cook with a bay leaf for 90 minutes.")
    assert search(ada, chat, question)["good"] is good


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


def test_a_heading_is_no_part_of_the_sentence_below_it(ada: Person, chat: str, read: Read) -> None:
    """A PDF has no empty line between them, only a line that ends early."""
    below = "Visitors pay for gas and for the lamps that they carry along the dark stairs."
    question = "Which tower has gas and whales?"
    read(ada, chat, f"The salt tower\n{below}", *TEXTS)
    assert not search(ada, chat, question)["good"]
    read(ada, chat, f"The salt tower: {below}")
    assert search(ada, chat, question)["good"]


def test_a_follow_up_is_searched_together_with_the_question_before(
    ada: Person, chat: str, read: Read
) -> None:
    read(ada, chat, "The museum opens at 9 in summer.", "The museum opens at 11 in winter.", *TEXTS)
    before = "When does the museum open in summer?"
    found = ask(ada, chat, "And in winter?", before=before)["passages"]
    assert "winter" in found[0]["text"]
    assert "museum" in ask(ada, chat, "And on other days?", before=before)["passages"][0]["text"]


@pytest.mark.parametrize(
    ("question", "good"),
    [
        ("Where is the caretaker's cellar?", True),
        ("And the otter?", False),
        ("What is it, and who is it?", True),
    ],
)
def test_a_follow_up_is_judged_by_its_own_words_if_it_has_some(
    ada: Person, chat: str, read: Read, question: str, good: bool
) -> None:
    read(ada, chat, *TEXTS)
    before = "Does the lease end in March, and may it be extended?"
    assert ask(ada, chat, question, before=before)["good"] is good


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
    assert search(ada, chat, "badger") == {"passages": [], "good": False, "related": False}


def test_a_passage_that_is_deleted_while_it_is_found_is_left_out(
    ada: Person, chat: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.passages.search.find_near", lambda *_: {0: None})
    found = ask(ada, chat, "badger", vector=[0.5] * 384, vector_model="m")
    assert found == {"passages": [], "good": False, "related": False}


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
        *({"vector": [0.5] * size, "vector_model": "m"} for size in (383, 385)),
        *({"vector": [number] * 384, "vector_model": "m"} for number in (1e9, -1e9)),
        *({"vector": [0.5] * 384, "vector_model": model} for model in ("", "m" * 201)),
        {"limit": 0},
        {"limit": 41},
    ],
)
def test_a_question_that_can_t_be_one_is_refused(
    ada: Person, chat: str, wrong: dict[str, Any]
) -> None:
    asked = ada.post(f"/chats/{chat}/passages", {"question": "Hi"} | wrong)
    problem(asked, 422, "invalid-input")


@pytest.mark.parametrize("q", ["", "x" * 2001])
def test_a_search_for_nothing_or_too_much_is_refused(ada: Person, chat: str, q: str) -> None:
    problem(ada.get(f"/chats/{chat}/passages", q=q), 422, "invalid-input")


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
