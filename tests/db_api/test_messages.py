"""Messages come back as they were sent, a page of the shown branch at a time."""

from uuid import uuid4

import pytest

from tests.db_api.api import Person, body, problem
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
def test_a_message_is_kept_byte_for_byte(ada: Person, content: str) -> None:
    chat = ada.chat()
    sent = body(ada.post_message(chat, content), 201)
    assert sent["message"]["content"] == content
    assert ada.messages(chat)[0]["content"] == content


def test_line_ends_are_stored_as_newlines(ada: Person) -> None:
    sent = body(ada.post_message(ada.chat(), "one\r\ntwo\rthree\n\r\n"), 201)
    assert sent["message"]["content"] == "one\ntwo\nthree\n\n"


@pytest.mark.parametrize("content", ["", " ", "\r\n\t", "\u3000\u00a0", "NUL \0", None, 7])
def test_what_cannot_be_a_message_is_refused(ada: Person, sql: Sql, content: str) -> None:
    found = problem(ada.post_message(ada.chat(), content), 422, "invalid-input")
    assert found["errors"][0]["field"] == "content"
    assert sql("SELECT count(*) FROM messages") == [(0,)]


def test_a_lone_surrogate_is_refused(ada: Person) -> None:
    headers = ada.headers | {"Content-Type": "application/json"}
    for content in (rb'"\ud800"', rb'"\udfff x"'):
        raw = b'{"client_key": "k", "content": ' + content + b"}"
        path = f"/chats/{ada.chat()}/messages"
        refused = ada.http.post(path, headers=headers, content=raw)
        assert problem(refused, 422, "invalid-input")["errors"][0]["field"] == "content"


@pytest.mark.parametrize("raw", [b'{"content": "\xff\xfe"}', b"{", b"[" * 5000, b""])
def test_a_body_that_is_not_json_is_refused(ada: Person, raw: bytes) -> None:
    headers = ada.headers | {"Content-Type": "application/json"}
    refused = ada.http.post(f"/chats/{ada.chat()}/messages", headers=headers, content=raw)
    problem(refused, 422, "invalid-input")


def test_the_limit_is_in_bytes_after_line_ends_are_normalised(
    ada: Person, serve_copy: ServeCopy
) -> None:
    chat = ada.chat()
    with serve_copy(message_limit=10) as small:
        same = Person(small.http, ada.session_id)
        assert same.post_message(chat, "ééééé").status_code == 201
        assert same.post_message(chat, "123456789\r\n").status_code == 201
        found = problem(same.post_message(chat, "éééééx"), 413, "message-too-large")
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
    ada: Person, content: str, title: str
) -> None:
    chat = ada.chat()
    ada.send(chat, content)
    ada.send(chat, "Another")
    assert body(ada.get(f"/chats/{chat}"))["title"] == title


def test_a_message_and_its_reply_go_below_the_head(ada: Person) -> None:
    chat = ada.chat(opening="Hello")
    ada.send(chat, "one")
    ada.send(chat, "two")
    found = ada.messages(chat)
    assert [m["seq"] for m in found] == [1, 2, 3, 4, 5]
    assert [m["parent_id"] for m in found] == [None, *(m["id"] for m in found[:-1])]
    assert [m["role"] for m in found] == ["assistant", "user", "assistant", "user", "assistant"]
    assert [bool(m["reply"]) for m in found] == [False, False, True, False, True]
    assert body(ada.get(f"/chats/{chat}"))["head"] == found[-1]["id"]


def test_pages_lead_back_to_the_beginning_without_gaps(ada: Person) -> None:
    chat = ada.chat(opening="Hello")
    for number in range(5):
        ada.send(chat, str(number))
    whole = ada.messages(chat, limit=200)
    page = body(ada.get(f"/chats/{chat}/messages", limit=4))
    seen = page["items"]
    while page["earlier"]:
        assert page["earlier"] == page["items"][0]["id"]
        page = body(ada.get(f"/chats/{chat}/messages", limit=4, before=page["earlier"]))
        seen = page["items"] + seen
    assert seen == whole
    assert len(whole) == 11


def test_only_the_branch_shown_is_read(ada: Person) -> None:
    chat = ada.chat(opening="Hello")
    ada.send(chat, "first try")
    _, first, _ = ada.messages(chat)
    ada.post_message(chat, "second try", replaces=first["id"])
    assert [m["content"] for m in ada.messages(chat)] == ["Hello", "second try", ""]
    before = body(ada.get(f"/chats/{chat}/messages", before=first["id"]))
    assert [m["content"] for m in before["items"]] == ["Hello"]
    assert before["earlier"] is None


def test_before_must_be_a_message_of_this_chat(ada: Person, bob: Person) -> None:
    chat, other, his = ada.chat(), ada.chat(opening="Hello"), bob.chat(opening="Hello")
    for before in (ada.messages(other)[0]["id"], bob.messages(his)[0]["id"], str(uuid4())):
        answer = ada.get(f"/chats/{chat}/messages", before=before)
        problem(answer, 404, "message-not-found")


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 201}, {"limit": "x"}, {"before": "x"}])
def test_bad_paging_is_refused(ada: Person, params: dict[str, str]) -> None:
    found = problem(ada.get(f"/chats/{ada.chat()}/messages", **params), 422, "invalid-input")
    assert found["errors"][0]["field"] in params


def test_all_messages_are_read_page_by_page_in_the_order_of_writing(ada: Person) -> None:
    chat = ada.chat()
    for number in range(3):
        ada.send(chat, f"message {number}")
    path, seqs, after = f"/chats/{chat}/messages/all", [], 0
    while after is not None:
        page = body(ada.http.get(path, headers=ada.headers, params={"after": after, "limit": 2}))
        assert len(page["items"]) <= 2
        seqs += [message["seq"] for message in page["items"]]
        after = page["next"]
    assert seqs == [1, 2, 3, 4, 5, 6]


def test_a_stranger_reads_none_of_all_messages(ada: Person, bob: Person) -> None:
    chat = ada.chat()
    response = bob.http.get(f"/chats/{chat}/messages/all", headers=bob.headers)
    problem(response, 404, "chat-not-found")
