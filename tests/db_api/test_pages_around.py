"""A page with a message in its middle, on whatever branch that is."""

from typing import Any
from uuid import uuid4

import pytest

from tests.db_api.api import Api, Person, body, problem
from tests.db_api.conftest import Sql


def read(person: Person, chat: str, **params: Any) -> Any:
    return body(person.get(f"/chats/{chat}/messages", **params))


def say(page: Any) -> str:
    """The page's messages, the first letter of each."""
    return "".join(message["content"][0] for message in page["items"])


@pytest.fixture
def tree(api: Api, ada: Person, sql: Sql) -> dict[str, str]:
    """A chat whose messages are letters: 0abcdef is the first branch; at c it forks to cxyz, at
    e of the first to ev. Shown is 0abcdef."""
    chat = ada.chat(opening="0")
    parents = {"a": "0", "b": "a", "c": "b", "d": "c", "e": "d", "f": "e"}
    parents |= {"x": "c", "y": "x", "z": "y", "v": "e"}
    ids = {"0": ada.messages(chat)[0]["id"]}
    for seq, (letter, parent) in enumerate(parents.items(), 2):
        ((ids[letter],),) = sql(
            "INSERT INTO messages (chat_id, session_id, seq, parent_id, role, content)"
            " VALUES (%s, %s, %s, %s, 'user', %s) RETURNING id::text",
            chat,
            ada.session_id,
            seq,
            ids[parent],
            letter,
        )
    sql("UPDATE chats SET head = %s, last_seq = %s WHERE id = %s", ids["f"], len(ids), chat)
    return ids | {"chat": chat}


@pytest.mark.parametrize(
    ("at", "limit", "shown", "later"),
    [
        ("c", 200, "0abcdef", False),
        ("c", 5, "abcde", True),
        ("c", 4, "bcde", True),
        ("c", 6, "abcdef", False),
        ("c", 1, "c", True),
        ("0", 3, "0a", True),
        ("f", 3, "def", False),
        ("f", 1, "f", False),
        ("e", 2, "ef", False),
    ],
)
def test_on_the_branch_shown_it_stays_on_that(
    ada: Person, tree: dict[str, str], at: str, limit: int, shown: str, later: bool
) -> None:
    page = read(ada, tree["chat"], at=tree[at], limit=limit)
    assert (say(page), page["later"], page["shown"]) == (shown, later, True)
    assert page["earlier"] == (None if shown[0] == "0" else tree[shown[0]])


@pytest.mark.parametrize(
    ("at", "limit", "shown", "later"),
    [
        ("x", 200, "0abcxyz", False),
        ("x", 3, "cxy", True),
        ("x", 4, "cxyz", False),
        ("z", 3, "xyz", False),
        ("v", 4, "cdev", False),
    ],
)
def test_elsewhere_it_follows_the_newest_answers(
    ada: Person, tree: dict[str, str], at: str, limit: int, shown: str, later: bool
) -> None:
    page = read(ada, tree["chat"], at=tree[at], limit=limit)
    assert (say(page), page["later"], page["shown"]) == (shown, later, False)


def test_at_a_fork_below_the_newest_answer_is_taken(
    ada: Person, tree: dict[str, str], sql: Sql
) -> None:
    sql("UPDATE chats SET head = %s", tree["z"])
    page = read(ada, tree["chat"], at=tree["d"], limit=200)
    assert (say(page), page["shown"]) == ("0abcdev", False)
    page = read(ada, tree["chat"], at=tree["b"], limit=200)
    assert (say(page), page["shown"]) == ("0abcxyz", True)


def test_below_the_head_there_may_be_more_that_is_not_shown(
    ada: Person, tree: dict[str, str], sql: Sql
) -> None:
    sql("UPDATE chats SET head = %s", tree["d"])
    page = read(ada, tree["chat"], at=tree["c"], limit=200)
    assert (say(page), page["later"], page["shown"]) == ("0abcd", False, True)
    page = read(ada, tree["chat"], at=tree["e"], limit=200)
    assert (say(page), page["shown"]) == ("0abcdev", False)


def test_other_pages_say_whether_there_are_later_ones(ada: Person, tree: dict[str, str]) -> None:
    page = read(ada, tree["chat"], limit=3)
    assert (say(page), page["later"], page["shown"]) == ("def", False, True)
    page = read(ada, tree["chat"], limit=3, before=page["earlier"])
    assert (say(page), page["later"], page["shown"]) == ("abc", True, True)
    empty = read(ada, ada.chat())
    assert (empty["items"], empty["later"], empty["shown"]) == ([], False, True)


def test_it_must_be_a_message_of_this_chat(ada: Person, bob: Person, tree: dict[str, str]) -> None:
    other, his = ada.chat(opening="Hello"), bob.chat(opening="Hello")
    for at in (ada.messages(other)[0]["id"], bob.messages(his)[0]["id"], str(uuid4())):
        answer = ada.get(f"/chats/{tree['chat']}/messages", at=at)
        problem(answer, 404, "message-not-found")
    answer = bob.get(f"/chats/{tree['chat']}/messages", at=tree["a"])
    problem(answer, 404, "chat-not-found")


def test_it_is_either_at_or_before(ada: Person, tree: dict[str, str]) -> None:
    answer = ada.get(f"/chats/{tree['chat']}/messages", at=tree["a"], before=tree["b"])
    assert problem(answer, 422, "invalid-input")["errors"][0]["field"] == "at"
