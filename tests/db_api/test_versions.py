"""A message can be replaced and a chat shows one branch; every version stays within reach."""

from typing import Any

import pytest

from tests.db_api.api import NOWHERE, Api, Person, ids, problem
from tests.db_api.conftest import Sql


@pytest.fixture
def hello(api: Api, ada: Person) -> str:
    """A chat: Hello, one, 1."""
    chat = ada.chat(opening="Hello")
    api.answer(ada, chat, "one", "1")
    return chat


def edit(person: Person, chat: str, message: str, content: str, **more: Any) -> Any:
    """Sends another version of a message; what was stored."""
    return person.sent(chat, content, replaces=message, **more)


def test_an_only_version_is_not_counted(ada: Person, hello: str, sql: Sql) -> None:
    assert [m["version"] for m in ada.messages(hello)] == [None] * 3
    sql(
        "INSERT INTO messages (chat_id, session_id, seq, role, content)"
        " SELECT id, session_id, 9, 'user', 'no opening' FROM chats"
    )
    assert ada.messages(hello)[0]["version"] is None, "versions of a message have its role"


def test_a_new_version_stands_beside_the_old_one_and_is_shown(
    api: Api, ada: Person, hello: str
) -> None:
    api.answer(ada, hello, "below", "2")
    opening, first, *_ = ids(ada.messages(hello))
    sent = edit(ada, hello, first, "another one")
    assert (sent["message"]["parent_id"], sent["message"]["seq"]) == (opening, 6)
    assert ada.contents(hello) == ["Hello", "another one", ""]
    assert ada.read(hello)["head"] == sent["reply"]["id"]
    above = ada.read(hello, "/messages", before=first)
    assert (ids(above["items"]), above["earlier"]) == ([opening], None)


def test_versions_are_numbered_and_lead_to_each_other(ada: Person, hello: str) -> None:
    first = ada.messages(hello)[1]["id"]
    versions = [first, *(edit(ada, hello, first, text)["message"]["id"] for text in "23")]
    for number, message in enumerate(versions, 1):
        ada.show(hello, message)
        assert ada.messages(hello)[1]["version"] == {
            "number": number,
            "count": 3,
            "previous": versions[number - 2] if number > 1 else None,
            "next": versions[number] if number < 3 else None,
        }
    exported = ada.read(hello, "/messages/all")["items"]
    assert [m["version"] and m["version"]["number"] for m in exported[1::2]] == [1, 2, 3]
    told = ada.read(hello, "/follow", since=5)["messages"]
    assert (ids(told)[0], told[0]["version"]["number"]) == (versions[2], 3)


def test_the_first_message_of_an_empty_chat_has_versions_too(
    ada: Person, bob: Person, chat: str
) -> None:
    other, his = ada.chat(), bob.chat()
    first, *_ = [
        p.sent(c, "one")["message"]["id"] for p, c in ((ada, chat), (ada, other), (bob, his))
    ]
    second = edit(ada, chat, first, "two")["message"]
    assert second["parent_id"] is None
    assert second["version"] == {"number": 2, "count": 2, "previous": first, "next": None}
    assert ada.messages(other)[0]["version"] is None


def test_a_key_belongs_to_a_text_and_to_what_it_replaces(ada: Person, chat: str) -> None:
    first = ada.sent(chat, "one")["message"]["id"]
    edit(ada, chat, first, "two", key="k")
    below = ada.sent(chat, "below")["message"]["id"]
    for content, replaces in (("three", first), ("two", below)):
        problem(ada.post_message(chat, content, key="k", replaces=replaces), 409, "key-reused")


def test_a_key_still_counts_when_what_was_replaced_or_answered_is_deleted(
    ada: Person, chat: str
) -> None:
    first = ada.sent(chat, "one")["message"]["id"]
    reply = edit(ada, chat, first, "two", key="k")["reply"]["id"]
    ada.remove(chat, first)
    assert edit(ada, chat, first, "two", key="k")["repeated"] is True
    ada.remove(chat, reply)
    problem(ada.post_message(chat, "two", key="k"), 409, "key-reused")


def test_showing_a_branch_leads_on_to_its_newest_leaf(api: Api, ada: Person, hello: str) -> None:
    opening, first, one = ids(ada.messages(hello))
    leaf = api.answer(ada, hello, "two", "2")
    sent = edit(ada, hello, first, "another", worker="w")
    message, reply = sent["message"]["id"], sent["reply"]["id"]
    before = ada.read(hello)
    for chosen, head in (
        (first, leaf),
        (opening, reply),
        (leaf, leaf),
        (message, reply),
        (one, leaf),
    ):
        assert ada.show(hello, chosen) == before | {"head": head}, "it is no writing"
        assert ada.messages(hello)[-1]["id"] == head


def test_what_is_sent_below_another_branch_than_the_one_shown_is_refused(
    ada: Person, bob: Person, hello: str
) -> None:
    opening, first, left = ids(ada.messages(hello))
    sent = edit(ada, hello, first, "another one")
    his = bob.read(bob.chat(opening="Hello"))["head"]
    answers = [
        problem(ada.post_message(hello, "two", key="k", seen=seen), 409, "branch-moved")
        for seen in (left, first, his, NOWHERE)
    ]
    assert answers[0]["head"] == sent["reply"]["id"]
    assert answers[1:] == answers[:-1], "nobody learns whether a message is somebody else's"
    assert ada.contents(hello) == ["Hello", "another one", ""]
    # A tab that has not seen the newest messages of this branch is only late.
    for seen in (opening, sent["message"]["id"], sent["reply"]["id"]):
        ada.sent(hello, "two", seen=seen)


def test_a_repeated_send_is_answered_whatever_branch_is_shown(ada: Person, chat: str) -> None:
    first = ada.sent(chat, "one", key="k")["message"]["id"]
    edit(ada, chat, first, "another one")
    assert ada.sent(chat, "one", key="k", seen=first)["message"]["id"] == first
