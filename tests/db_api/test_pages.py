"""A page of a chat: at the end of the branch shown, above a message, or around one of any branch;
and all that is shown beside it in the same call."""

from typing import Any
from uuid import uuid4

import pytest

from tests.db_api.api import Api, Person, body, problem, reasons
from tests.db_api.conftest import Sql


def letters(page: Any) -> str:
    """The page's messages, the first letter of each."""
    return "".join(message["content"][0] for message in page["items"])


@pytest.fixture
def tree(ada: Person, sql: Sql) -> dict[str, str]:
    """A chat whose messages are letters: 0abcdef is the first branch; at c it forks to cxyz, at
    e of the first to ev. Shown is 0abcdef."""
    chat = ada.chat(opening="0")
    parents = {"a": "0", "b": "a", "c": "b", "d": "c", "e": "d", "f": "e"}
    parents |= {"x": "c", "y": "x", "z": "y", "v": "e"}
    insert = (
        "INSERT INTO messages (chat_id, session_id, seq, parent_id, role, content)"
        " VALUES (%s, %s, %s, %s, 'user', %s) RETURNING id::text"
    )
    found = {"chat": chat, "0": ada.read(chat)["head"]}
    for seq, (letter, parent) in enumerate(parents.items(), 2):
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
        # Elsewhere it follows the newest answers.
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
    page = ada.read(tree["chat"], "/messages", limit=3)
    assert (letters(page), page["later"], page["shown"]) == ("def", False, True)
    page = ada.read(tree["chat"], "/messages", limit=3, before=page["earlier"])
    assert (letters(page), page["later"], page["shown"]) == ("abc", True, True)
    empty = ada.read(chat, "/messages")
    assert (empty["items"], empty["later"], empty["shown"]) == ([], False, True)


def test_it_must_be_a_message_of_this_chat(ada: Person, bob: Person, tree: dict[str, str]) -> None:
    heads = [p.read(p.chat(opening="Hello"))["head"] for p in (ada, bob)]
    for part in ("messages", "page"):
        for where in ("at", "before"):
            for message in (*heads, str(uuid4())):
                answer = ada.get(f"/chats/{tree['chat']}/{part}", **{where: message})
                problem(answer, 404, "message-not-found")
            hers = bob.get(f"/chats/{tree['chat']}/{part}", **{where: tree["a"]})
            problem(hers, 404, "chat-not-found")
        both = {"at": tree["a"], "before": tree["b"]}
        assert reasons(ada.get(f"/chats/{tree['chat']}/{part}", **both)) == [("at", "invalid")]


@pytest.mark.parametrize("where", ["newest", "before", "at"])
def test_a_page_in_one_call_is_its_chat_its_messages_and_the_list(
    api: Api, ada: Person, where: str
) -> None:
    other, chat = ada.chat(), ada.chat(opening="Hello")
    for number in range(4):
        api.answer(ada, chat, f"question {number}", f"answer {number}")
    third = ada.messages(chat)[3]["id"]
    part = {} if where == "newest" else {where: third}
    page = ada.read(chat, "/page", limit=3, beside=1, **part)
    assert page["chat"] == ada.read(chat)
    assert page["messages"] == ada.read(chat, "/messages", limit=3, **part)
    assert page["chats"] == body(ada.get("/chats", limit=1))
    assert [c["id"] for c in page["chats"]["items"]] == [chat]
    assert ada.chats(before=page["chats"]["next"]) == [other]
