"""Passages of a chat's documents are found by their words: whatever their case, accents, endings or
script; the rare ones count more. Only the chat's own documents are searched."""

from typing import Any

import pytest

from tests.db_api.api import NOWHERE, Person, problem
from tests.db_api.passages import TEXTS, Read, ask, find, read, reader, search

__all__ = ["read", "reader"]


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


@pytest.mark.parametrize("asked", ["phone", "telephone number", "Telefon"])
def test_a_word_of_many_spellings_is_found_by_each(
    ada: Person, chat: str, read: Read, asked: str
) -> None:
    texts = ["Phone: 1", "Telephone: 1", "Téléphone : 1"]
    read(ada, chat, *texts, "A badger.")
    assert {*find(ada, chat, asked)} == {*texts}
    assert ask(ada, chat, f"What is the {asked}?")["good"]


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


def test_all_documents_of_a_session_are_searched_and_nobody_else_s(
    ada: Person, bob: Person, chat: str, read: Read
) -> None:
    read(ada, chat, *TEXTS)
    read(ada, ada.chat(), "The caretaker of the other house is Ida.")
    read(bob, bob.chat(), "The caretaker of nobody.")
    found = ada.get("/passages", q="caretaker", limit=40).json()
    assert {passage["text"] for passage in found["passages"]} == {
        TEXTS[3],
        "The caretaker of the other house is Ida.",
    }
    assert found["related"]
    assert len(ada.get("/passages", q="caretaker", limit=1).json()["passages"]) == 1
    assert bob.get("/passages", q="lease").json()["passages"] == []
