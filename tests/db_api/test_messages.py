"""Messages come back as they were sent, a page of the shown branch at a time."""

from uuid import uuid4

import pytest

from tests.db_api.api import Person, problem, reasons
from tests.db_api.conftest import ServeCopy, Sql


@pytest.mark.parametrize(
    "content",
    [
        "Grüße, 世界 😀 e\u0301 \u202e",
        "  leading and trailing  \n\n",
        "tab\tbell\x07escape\x1bdelete\x7f\u2028\ufeff",
        "x" * 30_000,
        "<script>alert('%s')</script> \\x00 \\u0000 {0} :name %(name)s",
    ],
)
def test_a_message_is_kept_byte_for_byte(ada: Person, chat: str, content: str) -> None:
    assert ada.sent(chat, content)["message"]["content"] == content
    assert ada.contents(chat) == [content, ""]


def test_line_ends_are_stored_as_newlines(ada: Person, chat: str) -> None:
    sent = ada.sent(chat, "one\r\ntwo\rthree\n\r\n")
    assert sent["message"]["content"] == "one\ntwo\nthree\n\n"


def test_what_cannot_be_a_message_is_refused(ada: Person, chat: str, sql: Sql) -> None:
    path = f"/chats/{chat}/messages"
    for content in ("", " ", "\r\n\t", "\u3000\u00a0"):
        assert reasons(ada.post_message(chat, content)) == [("content", "missing")]
    for raw in ('"NUL \\u0000"', "null", "7", r'"\ud800"', r'"\udfff x"'):
        answer = ada.post_raw(path, f'{{"client_key": "k", "content": {raw}}}')
        assert reasons(answer) == [("content", "invalid")]
    for broken in (b'{"content": "\xff\xfe"}', b"{", b"[" * 5000, b""):
        problem(ada.post_raw(path, broken), 422, "invalid-input")
    assert sql("SELECT count(*) FROM messages") == [(0,)]


def test_the_limit_is_in_bytes_after_line_ends_are_normalised(
    ada: Person, chat: str, serve_copy: ServeCopy
) -> None:
    with serve_copy(message_limit=10) as small:
        person = ada.at(small)
        assert person.post_message(chat, "ééééé").status_code == 201
        assert person.post_message(chat, "123456789\r\n").status_code == 201
        found = problem(person.post_message(chat, "éééééx"), 413, "message-too-large")
        assert (found["size"], found["limit"]) == (11, 10)


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("What is\nan API?", "What is"),
        ("\n \n  spaced  \nx", "spaced"),
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 79 + "…"),
    ],
)
def test_the_first_line_of_the_first_message_is_the_title(
    ada: Person, chat: str, content: str, title: str
) -> None:
    assert ada.sent(chat, content)["title"] == title
    assert ada.sent(chat, "Another")["title"] == ada.read(chat)["title"] == title


def test_a_message_and_its_reply_go_below_the_head(ada: Person) -> None:
    chat = ada.chat(opening="Hello")
    for content in ("one", "two"):
        ada.send(chat, content)
    found = ada.messages(chat)
    assert [m["seq"] for m in found] == [1, 2, 3, 4, 5]
    assert [m["parent_id"] for m in found] == [None, *(m["id"] for m in found[:-1])]
    assert [m["role"] for m in found] == ["assistant", *["user", "assistant"] * 2]
    assert [bool(m["reply"]) for m in found] == [False, False, True, False, True]
    assert ada.read(chat)["head"] == found[-1]["id"]


def test_pages_lead_back_to_the_beginning_without_gaps(ada: Person) -> None:
    chat = ada.chat(opening="Hello")
    for number in range(5):
        ada.send(chat, str(number))
    page = ada.read(chat, "/messages", limit=4)
    seen = page["items"]
    while page["earlier"]:
        assert page["earlier"] == page["items"][0]["id"]
        page = ada.read(chat, "/messages", limit=4, before=page["earlier"])
        seen = page["items"] + seen
    assert seen == ada.messages(chat, limit=200)
    assert len(seen) == 11


def test_before_must_be_a_message_of_this_chat(ada: Person, bob: Person, chat: str) -> None:
    other, his = ada.chat(opening="Hello"), bob.chat(opening="Hello")
    for before in (ada.read(other)["head"], bob.read(his)["head"], str(uuid4())):
        answer = ada.get(f"/chats/{chat}/messages", before=before)
        problem(answer, 404, "message-not-found")


def test_bad_paging_is_refused(ada: Person, chat: str) -> None:
    for name, given, reason in (
        ("limit", 0, "out-of-range"),
        ("limit", 201, "out-of-range"),
        ("limit", "x", "invalid"),
        ("before", "x", "invalid"),
        ("at", "x", "invalid"),
    ):
        assert reasons(ada.get(f"/chats/{chat}/messages", **{name: given})) == [(name, reason)]


def test_all_messages_are_read_page_by_page_in_the_order_of_writing(ada: Person, chat: str) -> None:
    for number in range(3):
        ada.send(chat, f"message {number}")
    seqs, after = [], 0
    while after is not None:
        page = ada.read(chat, "/messages/all", after=after, limit=2)
        assert len(page["items"]) <= 2
        seqs += [message["seq"] for message in page["items"]]
        after = page["next"]
    assert seqs == [1, 2, 3, 4, 5, 6]
