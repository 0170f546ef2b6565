"""A search finds every word's beginning in one's own chats, and takes nothing for an operator."""

from typing import Any

import pytest

from tests.db_api.api import Api, Person, body, problem

BEGIN, END = "\ue000", "\ue001"


def texts(hits: list[Any]) -> list[str]:
    """The snippets without their marks."""
    return [hit["snippet"].replace(BEGIN, "").replace(END, "") for hit in hits]


def test_titles_come_first_then_messages_the_newest_first(api: Api, ada: Person) -> None:
    chat, other = ada.chat(opening="Ask about rivers"), ada.chat()
    reply = api.answer(ada, chat, "Rivers in Spain", "The river Ebro.")
    ada.send(other, "Is the Nile a river?")
    ada.patch(f"/chats/{chat}", title="About a River")
    hits = ada.search("river")
    asked, opening = ada.messages(other)[0], ada.messages(chat)[0]
    assert hits[0] == {
        "chat_id": other,
        "title": "Is the Nile a river?",
        "message_id": None,
        "role": None,
        "snippet": f"Is the Nile a {BEGIN}river{END}?",
        "created_at": body(ada.get(f"/chats/{other}"))["updated_at"],
    }
    assert hits[2] == {
        "chat_id": other,
        "title": "Is the Nile a river?",
        "message_id": asked["id"],
        "role": "user",
        "snippet": f"Is the Nile a {BEGIN}river{END}?",
        "created_at": asked["created_at"],
    }
    assert texts(hits[:2]) == ["Is the Nile a river?", "About a River"]
    assert [(h["message_id"], h["role"]) for h in hits[3:]] == [
        (reply, "assistant"),
        (ada.messages(chat)[1]["id"], "user"),
        (opening["id"], "assistant"),
    ]


def test_every_branch_is_searched(ada: Person) -> None:
    chat = ada.chat()
    ada.send(chat, "a stone")
    ada.post_message(chat, "a feather", replaces=ada.messages(chat)[0]["id"])
    assert "a stone" in texts(ada.search("stone"))


def test_text_is_found_once_it_is_finished(api: Api, ada: Person) -> None:
    chat = ada.chat()
    reply = ada.send(chat, "Hi", worker="w")
    api.store(reply, "a cathedral")
    assert ada.search("cathedral") == []
    api.finish(reply, "a cathedral")
    assert [hit["message_id"] for hit in ada.search("cathedral")] == [reply]


@pytest.mark.parametrize(
    ("said", "q"),
    [
        ("Straßenbahn in Zürich", "zür"),
        ("Straßenbahn in Zürich", "straßen ZÜRICH"),
        ("one two three", "three one"),
        ("one two three", "on tw thr"),
        ("ΑΘΗΝΑ", "αθην"),
        ("er sagte „Hallo“—und ging…", "hallo und"),
        ("and/or", "or"),
        ("see example.com/path?x=1", "com path"),
        ("snake_case_name", "case"),
        ("snake_case_name", "snake_case"),
        ("don't", "don't"),
        ("C++ & C#", "c++"),
        ("3.14", "3.1"),
        ("你好，世界。", "世界"),
        ("東京タワーは高い", "タワー"),
        ("हिन्दी में", "हिन्दी"),
        ("<script>alert(1)</script>", "script alert"),
        ("e-mail: ada@example.org", "ada@example"),
        ("a & b | !c", "a & b"),
    ],
)
def test_words_are_found_by_their_beginnings_in_any_case_and_order(
    ada: Person, said: str, q: str
) -> None:
    chat = ada.chat()
    ada.send(chat, said)
    (title, message) = ada.search(q)
    assert texts([title, message]) == [said, said]
    assert BEGIN in title["snippet"]
    assert BEGIN in message["snippet"]


@pytest.mark.parametrize("q", ["wo three", "four", "one four", "ne", "onetwo"])
def test_a_missing_word_is_a_miss(ada: Person, q: str) -> None:
    ada.send(ada.chat(), "one two three")
    assert ada.search(q) == []


@pytest.mark.parametrize(
    "q",
    [
        "one' & 'two",
        "one & two",
        "one | two",
        "!one",
        "one <-> two",
        "one:*",
        "(one",
        '"one',
        "one\\",
        "'one'",
        "one%",
        "one\0two",
        "one\n\ttwo",
        "one 😀",
        "one \ue000",
        "one;--",
        "\\one :one",
    ],
)
def test_nothing_is_an_operator(ada: Person, q: str) -> None:
    ada.send(ada.chat(), "one two")
    assert texts(ada.search(q)) == ["one two"] * 2


@pytest.mark.parametrize("q", ["zero | one", "zero or one", "one -two", "NOT zero one"])
def test_what_would_be_an_or_elsewhere_is_not(ada: Person, q: str) -> None:
    ada.send(ada.chat(), "one three")
    assert ada.search(q) == []


@pytest.mark.parametrize("q", [" ", "😀", "& | ! ()", "\0", "„“—…", "\ue000\ue001", "'", "\\", "%"])
def test_without_a_word_nothing_is_found(ada: Person, q: str) -> None:
    ada.send(ada.chat(), f"one {q.replace(chr(0), '')} two")
    assert ada.search(q) == []


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"q": ""},
        {"q": "x" * 201},
        {"q": "x", "limit": 0},
        {"q": "x", "limit": 51},
        {"q": "x", "offset": -1},
        {"q": "x", "offset": 1001},
    ],
)
def test_a_bad_question_is_refused(ada: Person, params: dict[str, Any]) -> None:
    found = problem(ada.get("/search", **params), 422, "invalid-input")
    assert found["errors"][0]["field"] in ("q", *params)


def test_200_characters_are_searched_for(ada: Person) -> None:
    ada.send(ada.chat(), "x" * 1000)
    assert len(ada.search("x" * 200)) == 1, "the title is cut"


def test_pages_follow_each_other_without_gaps(ada: Person) -> None:
    chats = [ada.chat() for _ in range(3)]
    for chat in chats:
        ada.send(chat, "a word")
        ada.send(chat, "another word")
    whole = body(ada.get("/search", q="word", limit=50))
    assert (len(whole["items"]), whole["more"]) == (9, False)
    seen, more = list[Any](), True
    while more:
        page = body(ada.get("/search", q="word", limit=2, offset=len(seen)))
        seen += page["items"]
        more = page["more"]
    assert seen == whole["items"]


def test_what_is_renamed_or_deleted_is_found_no_more(api: Api, ada: Person) -> None:
    chat = ada.chat()
    api.answer(ada, chat, "one", "stone")
    ada.patch(f"/chats/{chat}", title="two")
    assert [hit["message_id"] is None for hit in ada.search("one")] == [False]
    ada.delete(f"/chats/{chat}/messages/{ada.messages(chat)[1]['id']}")
    assert ada.search("stone") == []
    ada.delete(f"/chats/{chat}")
    assert ada.search("one") == ada.search("two") == []


def test_a_stranger_s_words_are_not_found_not_even_counted(ada: Person, bob: Person) -> None:
    for _ in range(30):
        ada.send(ada.chat(), "secret")
    assert body(bob.get("/search", q="secret")) == {"items": [], "more": False}
    bob.send(bob.chat(), "secret")
    page = body(bob.get("/search", q="secret", limit=2))
    assert (len(page["items"]), page["more"]) == (2, False)
    for q in (ada.session_id, f"#{ada.session_id}", ada.session_id.replace("-", " ")):
        assert bob.search(q) == []
