"""A search finds every word's beginning in one's own chats, and takes nothing for an operator."""

from typing import Any

import pytest
from app.search.snippets import make_snippet

from tests.db_api.api import Api, Person, body, reasons

BEGIN, END = "\ue000", "\ue001"


def texts(hits: list[Any]) -> list[str]:
    """The snippets without their marks."""
    return [hit["snippet"].replace(BEGIN, "").replace(END, "") for hit in hits]


def test_titles_come_first_then_messages_the_newest_first(api: Api, ada: Person) -> None:
    chat, other = ada.chat(opening="Ask about rivers"), ada.chat()
    reply = api.answer(ada, chat, "Rivers in Spain", "The river Ebro.")
    asked = ada.sent(other, "Is the Nile a river?")["message"]
    ada.change(chat, title="About a River")
    hits = ada.search("river")
    title = {
        "chat_id": other,
        "title": "Is the Nile a river?",
        "message_id": None,
        "role": None,
        "snippet": f"Is the Nile a {BEGIN}river{END}?",
        "created_at": ada.read(other)["updated_at"],
        "left_out": 0,
    }
    message = {"message_id": asked["id"], "role": "user", "created_at": asked["created_at"]}
    assert (hits[0], hits[2]) == (title, title | message)
    assert texts(hits[:2]) == ["Is the Nile a river?", "About a River"]
    _, question, _ = (m["id"] for m in ada.messages(chat))
    assert [(h["message_id"], h["role"]) for h in hits[3:]] == [
        (reply, "assistant"),
        (question, "user"),
    ], "but the opening message is in every chat"


def test_a_chat_without_a_title_is_found_by_the_name_of_its_first_document(
    ada: Person, bob: Person
) -> None:
    chat = ada.chat(opening="Hello")
    ada.upload(b"x", "Lease of the flat.txt", chat)
    ada.upload(b"y", "Rules.txt", chat)
    (hit,) = ada.search("flat")
    assert (hit["chat_id"], hit["message_id"]) == (chat, None)
    assert hit["title"] == "Lease of the flat.txt"
    assert texts([hit]) == [hit["title"]]
    ada.change(ada.chat(), title="Flat, but nothing is in it")
    assert ada.search("flat") == [hit]
    assert ada.search("rules") == ada.search("hello") == bob.search("flat") == []
    ada.change(chat, title="Home")
    assert ada.search("flat") == []
    assert [hit["title"] for hit in ada.search("home")] == ["Home"]


def test_text_of_every_branch_is_found_once_it_is_finished(
    api: Api, ada: Person, chat: str, running: str
) -> None:
    api.store(running, "a cathedral")
    assert ada.search("cathedral") == []
    api.finish(running, "a cathedral")
    ada.sent(chat, "a feather", replaces=ada.messages(chat)[0]["id"])
    assert [hit["message_id"] for hit in ada.search("cathedral")] == [running]


def test_words_are_found_by_their_beginnings_in_any_case_and_order(ada: Person) -> None:
    said = {
        "Straßenbahn in Zürich": ["zür", "straßen ZÜRICH"],
        "one two three": ["three one", "on tw thr"],
        "ΑΘΗΝΑ": ["αθην"],
        "er sagte „Hallo“—und ging…": ["hallo und"],
        "and/or": ["or"],
        "see example.com/path?x=1": ["com path"],
        "snake_case_name": ["case", "snake_case"],
        "don't": ["don't"],
        "C++ & C#": ["c++"],
        "3.14": ["3.1"],
        "你好，世界。": ["世界"],
        "東京タワーは高い": ["タワー"],
        "हिन्दी में": ["हिन्दी"],
        "<script>alert(1)</script>": ["script alert"],
        "e-mail: ada@example.org": ["ada@example"],
        "a & b | !c": ["a & b"],
    }
    for text, searches in said.items():
        chat = ada.chat()
        ada.send(chat, text)
        for q in searches:
            hits = [hit for hit in ada.search(q) if hit["chat_id"] == chat]
            assert texts(hits) == [text, text], "by its title and by its message"
            assert all(BEGIN in hit["snippet"] for hit in hits)


HITS = (
    r"""one' & 'two|one & two|!one|one <-> two|one:*|(one|"one|one\|'one'|one%|one;--|\one :one"""
)
MISSES = (
    *("wo three", "four", "one four", "ne", "onetwo", "zero | one", "zero or one", "one -zero"),
    "NOT zero one",
)
WORDLESS = (" ", "😀", "& | ! ()", "\0", "„“—…", "\ue000\ue001", "'", "\\", "%")


def test_nothing_is_an_operator_and_every_word_has_to_be_there(ada: Person, chat: str) -> None:
    ada.send(chat, "one two three 😀 & | ! () „“—… \ue000\ue001 ' \\ %")
    hits = [*HITS.split("|"), "one | two", "one\0two", "one\n\ttwo", "one 😀", "one \ue000"]
    misses = [*MISSES, *WORDLESS, f"#{ada.session_id}"]  # the index knows texts by their session
    found = {q: len(ada.search(q)) for q in (*hits, *misses)}
    assert found == dict.fromkeys(hits, 2) | dict.fromkeys(misses, 0)


@pytest.mark.parametrize(
    ("asked", "field", "reason"),
    [
        ({}, "q", "missing"),
        ({"q": ""}, "q", "missing"),
        ({"q": "x" * 201}, "q", "too-long"),
    ],
)
def test_a_bad_question_is_refused(
    ada: Person, asked: dict[str, Any], field: str, reason: str
) -> None:
    assert reasons(ada.get("/search", **asked)) == [(field, reason)]


def test_200_characters_are_searched_for(ada: Person, chat: str) -> None:
    ada.send(chat, "x" * 1000)
    assert len(ada.search("x" * 200)) == 1, "the title is cut"


def test_pages_follow_each_other_without_gaps(ada: Person) -> None:
    for chat in [ada.chat() for _ in range(3)]:
        for text in ("a word", "another word"):
            ada.send(chat, text)
    whole = body(ada.get("/search", q="word", limit=50))
    assert (len(whole["items"]), whole["more"]) == (9, False)
    seen, more = list[Any](), True
    while more:
        page = body(ada.get("/search", q="word", limit=2, offset=len(seen)))
        seen, more = seen + page["items"], page["more"]
    assert seen == whole["items"]


def test_one_chat_does_not_fill_the_list(ada: Person, bob: Person, chat: str) -> None:
    ada.send(other := ada.chat(), "word")
    for number in range(4):
        ada.send(chat, f"word {number}")
    hits = ada.search("word")
    listed = [(hit["chat_id"] == chat, texts([hit])[0], hit["left_out"]) for hit in hits]
    assert listed == [
        *((True, "word 0", 0), (False, "word", 0)),  # titles
        *((True, "word 3", 0), (True, "word 2", 2), (False, "word", 0)),
    ]
    of_chat = ada.search("word", chat=chat)
    assert texts(of_chat) == ["word 0", "word 3", "word 2", "word 1", "word 0"]
    assert {hit["left_out"] for hit in of_chat} == {0}
    assert [hit["chat_id"] for hit in ada.search("word", chat=other)] == [other, other]
    assert bob.search("word", chat=chat) == []


def test_what_is_renamed_or_deleted_is_found_no_more(api: Api, ada: Person, chat: str) -> None:
    api.answer(ada, chat, "one", "stone")
    ada.change(chat, title="two")
    assert [hit["message_id"] is None for hit in ada.search("one")] == [False]
    ada.remove(chat, ada.messages(chat)[1]["id"])
    assert ada.search("stone") == []
    ada.delete(f"/chats/{chat}")
    assert ada.search("one") == ada.search("two") == []


def test_a_word_that_is_shown_once_is_not_looked_for_farther_away() -> None:
    assert make_snippet(f"badger {'x ' * 500} badger", ["badger"]).count("badger") == 1
