"""Messages come back as they were sent, a page at a time: at the end of the branch shown, above a
message, or around one of any branch; and all that is shown beside it in the same call."""

from itertools import count
from typing import Any

import pytest

from tests.db_api.api import NOWHERE, Person, body, problem, reasons
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


def test_what_cannot_be_a_message_is_refused(ada: Person, chat: str) -> None:
    path = f"/chats/{chat}/messages"
    for content in ("", " ", "\r\n\t", "\u3000\u00a0"):
        assert reasons(ada.post_message(chat, content)) == [("content", "missing")]
    for raw in ('"NUL \\u0000"', "null", "7", r'"\ud800"', r'"\udfff x"'):
        answer = ada.send_raw("POST", path, f'{{"client_key": "k", "content": {raw}}}')
        assert reasons(answer) == [("content", "invalid")]
    for broken in (b'{"content": "\xff\xfe"}', b"{", b"[" * 5000, b""):
        problem(ada.send_raw("POST", path, broken), 422, "invalid-input")
    assert ada.messages(chat) == []


def test_the_limit_is_in_bytes_after_line_ends_are_normalised(
    ada: Person, chat: str, serve_copy: ServeCopy
) -> None:
    with serve_copy(message_limit=10) as small:
        person = ada.at(small)
        assert person.sent(chat, "ééééé")["message"]["content"] == "ééééé"
        assert person.sent(chat, "12\r\n34\r56\r\n\r\n")["message"]["content"] == "12\n34\n56\n\n"
        found = problem(person.post_message(chat, "éééééx"), 413, "message-too-large")
        assert (found["size"], found["limit"]) == (11, 10)


@pytest.mark.parametrize(
    ("content", "title"),
    [
        ("What is\nan API?", "What is"),
        ("\n \n  spaced  \nx", "spaced"),
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 79 + "…"),
        ("\u200b\n\u202eround\tand\x07 round", "round and  round"),
        ("\u200b", ""),
    ],
)
def test_the_first_line_with_something_to_see_is_the_title(
    ada: Person, chat: str, content: str, title: str
) -> None:
    assert ada.sent(chat, content)["title"] == title
    assert ada.sent(chat, "Another")["title"] == ada.read(chat)["title"] == (title or "Another")


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
    pages = ada.pages(f"/chats/{chat}/messages", to="earlier", limit=4)
    assert all(page["earlier"] in (page["items"][0]["id"], None) for page in pages)
    seen = [message for page in reversed(pages) for message in page["items"]]
    assert (len(seen), seen) == (11, ada.messages(chat, limit=200))


def test_all_messages_are_read_page_by_page_in_the_order_of_writing(ada: Person, chat: str) -> None:
    for number in range(3):
        ada.send(chat, f"message {number}")
    pages = ada.pages(f"/chats/{chat}/messages/all", by="after", limit=2)
    assert [[m["seq"] for m in page["items"]] for page in pages] == [[1, 2], [3, 4], [5, 6]]


@pytest.mark.parametrize(
    ("part", "asked", "field", "reason"),
    [
        ("messages", {"limit": "x"}, "limit", "invalid"),
        ("messages", {"before": "x"}, "before", "invalid"),
        ("messages", {"at": "x"}, "at", "invalid"),
        ("messages", {"at": NOWHERE, "before": NOWHERE}, "at", "invalid"),
        ("page", {"at": NOWHERE, "before": NOWHERE}, "at", "invalid"),
    ],
)
def test_bad_paging_is_refused(
    ada: Person, chat: str, part: str, asked: dict[str, Any], field: str, reason: str
) -> None:
    assert reasons(ada.get(f"/chats/{chat}/{part}", **asked)) == [(field, reason)]


def letters(page: Any) -> str:
    """The page's messages, the first letter of each."""
    return "".join(message["content"][0] for message in page["items"])


@pytest.fixture
def tree(ada: Person, sql: Sql) -> dict[str, str]:
    """A chat whose messages are letters: 0abcdef is the first branch; at c it forks to cxyz, at
    e of the first to ev. Shown is 0abcdef."""
    chat = ada.chat(opening="0")
    found = {"chat": chat, "0": ada.read(chat)["head"]}
    insert = (
        "INSERT INTO messages (chat_id, session_id, seq, parent_id, role, content)"
        " VALUES (%s, %s, %s, %s, 'user', %s) RETURNING id::text"
    )
    for seq, parent, letter in zip(count(2), "0abcdecxye", "abcdefxyzv", strict=False):
        ((found[letter],),) = sql(insert, chat, ada.session_id, seq, found[parent], letter)
    sql("UPDATE chats SET head = %s, last_seq = %s WHERE id = %s", found["f"], seq, chat)
    return found


@pytest.mark.parametrize(
    ("head", "at", "limit", "expected", "later", "is_shown"),
    [
        # On the branch shown.
        ("f", "c", 200, "0abcdef", False, True),
        ("f", "c", 5, "abcde", True, True),
        ("f", "c", 4, "bcde", True, True),
        ("f", "c", 6, "abcdef", False, True),
        ("f", "c", 1, "c", True, True),
        ("f", "0", 3, "0a", True, True),
        ("f", "f", 3, "def", False, True),
        ("f", "f", 1, "f", False, True),
        ("f", "e", 2, "ef", False, True),
        ("z", "b", 200, "0abcxyz", False, True),
        ("d", "c", 200, "0abcd", False, True),
        # On other branches it follows the newest answers.
        ("f", "x", 200, "0abcxyz", False, False),
        ("f", "x", 3, "cxy", True, False),
        ("f", "x", 4, "cxyz", False, False),
        ("f", "z", 3, "xyz", False, False),
        ("f", "v", 4, "cdev", False, False),
        ("z", "d", 200, "0abcdev", False, False),
        # Below the head there may be more that is not shown.
        ("d", "e", 200, "0abcdev", False, False),
    ],
)
def test_a_page_around_a_message_has_it_in_its_middle(
    ada: Person,
    tree: dict[str, str],
    sql: Sql,
    head: str,
    at: str,
    limit: int,
    expected: str,
    later: bool,
    is_shown: bool,
) -> None:
    sql("UPDATE chats SET head = %s", tree[head])
    page = ada.read(tree["chat"], "/messages", at=tree[at], limit=limit)
    assert (letters(page), page["later"], page["shown"]) == (expected, later, is_shown)
    assert page["earlier"] == (None if expected[0] == "0" else tree[expected[0]])


def test_other_pages_say_whether_there_are_later_ones(
    ada: Person, tree: dict[str, str], chat: str
) -> None:
    pages = [
        ada.read(tree["chat"], "/messages", limit=3),
        ada.read(tree["chat"], "/messages", limit=3, before=tree["d"]),
    ]
    assert [(letters(p), p["later"], p["shown"]) for p in pages] == [
        ("def", False, True),
        ("abc", True, True),
    ]
    empty: dict[str, Any] = {"items": [], "earlier": None, "later": False, "shown": True}
    assert ada.read(chat, "/messages") == empty


@pytest.mark.parametrize("where", ["newest", "before", "at"])
def test_a_page_in_one_call_is_its_chat_its_messages_and_the_list(
    ada: Person, tree: dict[str, str], chat: str, where: str
) -> None:
    part = {} if where == "newest" else {where: tree["d"]}
    ada.send(chat)
    page = ada.read(tree["chat"], "/page", limit=3, beside=1, **part)
    assert page == {
        "chat": ada.read(tree["chat"]),
        "messages": ada.read(tree["chat"], "/messages", limit=3, **part),
        "documents": [],
        "chats": body(ada.get("/chats", limit=1)),
    }
    assert ada.chats(before=page["chats"]["next"]) == [tree["chat"]]
