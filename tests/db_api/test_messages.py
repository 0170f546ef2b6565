"""Messages come back as they were sent, a page at a time: at the end of the branch shown, above a
message, or around one of any branch; and all that is shown beside it in the same call."""

import random
from itertools import count, pairwise
from typing import Any
from uuid import UUID

import pytest
from app.db.transactions import Database
from app.messages.repository import PAGE_BYTES, list_in_order

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
        ("## A **bold** plan with `code`", "A bold plan with code"),
        ("#1 is 2**3, 4**5 and $5", "#1 is 2**3, 4**5 and $5"),
        ("# `\u200b`", "# `\u200b`"),
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
    ada.send(ada.chat(), "in another chat")
    for number in range(3):
        ada.send(chat, f"message {number}")
    pages = ada.pages(f"/chats/{chat}/messages/all", by="after", limit=2)
    assert [[m["seq"] for m in page["items"]] for page in pages] == [[1, 2], [3, 4], [5, 6]]
    assert [m["version"] for page in pages for m in page["items"]] == [None] * 6


def test_a_page_of_all_messages_is_bounded_by_their_text(
    database: Database, ada: Person, chat: str, sql: Sql
) -> None:
    sql(
        "INSERT INTO messages (chat_id, session_id, seq, role, content) SELECT id, session_id, n,"
        " 'user', repeat('é', 100000 * CASE n WHEN 5 THEN 6 ELSE 1 END)"
        " FROM chats, generate_series(1, 7) AS n"
    )
    pages = ada.pages(f"/chats/{chat}/messages/all", by="after")
    assert [[m["seq"] for m in page["items"]] for page in pages] == [[1, 2, 3], [4, 5], [6, 7]]
    with database.person(owner := UUID(ada.session_id)) as connection:
        found = list_in_order(connection, owner, UUID(chat), after=0, limit=200)
    assert len(found) == 4, "nor is more of it read"


# Each message is above the next one; the last is the head.
FILL = """
WITH sized AS (
    SELECT n, size, uuidv7() AS id FROM unnest(%s) WITH ORDINALITY AS sizes (size, n)
), written AS (
    INSERT INTO messages (id, chat_id, session_id, seq, parent_id, role, content)
    SELECT sized.id, chats.id, session_id, n, lag(sized.id) OVER (ORDER BY n), 'user',
        repeat('é', size / 2)
    FROM sized, chats
)
UPDATE chats SET last_seq = n, head = sized.id FROM sized WHERE n = cardinality(%s)
"""


def sizes(page: Any) -> list[int]:
    return [len(message["content"].encode()) for message in page["items"]]


def is_bounded(page: Any) -> bool:
    """Unless it is one message."""
    return len(page["items"]) == 1 or sum(sizes(page)) <= PAGE_BYTES


@pytest.mark.parametrize("seed", range(5))
def test_pages_of_any_sizes_are_bounded_by_their_text_and_lead_to_each_message_once(
    ada: Person, chat: str, sql: Sql, seed: int
) -> None:
    rng = random.Random(seed)
    longest = rng.choices((100, 10_000, 16_384, 150_000), k=40)
    written = [2 * int(most * rng.random()) for most in longest]
    sql(FILL, written, written)
    pages = ada.pages(f"/chats/{chat}/messages", to="earlier", limit=12)
    seen = [message["seq"] for page in reversed(pages) for message in page["items"]]
    assert seen == list(range(1, 41))
    assert all(is_bounded(page) and len(page["items"]) <= 12 for page in pages)
    for page, above in pairwise(pages):
        full = len(page["items"]) == 12 or sum(sizes(page)) + sizes(above)[-1] > PAGE_BYTES
        assert full, "it has as many as it may"
    for message in rng.sample([m for page in pages for m in page["items"]], 8):
        around = ada.read(chat, "/messages", at=message["id"], limit=12)
        assert message in around["items"]
        assert is_bounded(around)
        assert around["later"] == (around["items"][-1]["seq"] < 40)


def test_who_follows_a_chat_is_told_no_more_text_than_a_page_has(
    ada: Person, chat: str, sql: Sql
) -> None:
    sql(FILL, written := [32_000] * 50, written)
    page = ada.read(chat, "/messages")
    assert len(page["items"]) == PAGE_BYTES // 32_000
    assert ada.read(chat, "/follow")["messages"] == page["items"]


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
        # However much newer what is shown may be.
        ("v", "x", 200, "0abcxyz", False, False),
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
