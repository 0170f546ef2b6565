"""A message can be replaced and a chat shows one branch; every version stays within reach."""

from typing import Any
from uuid import uuid4

import pytest

from tests.db_api.api import Api, Person, body, problem
from tests.db_api.conftest import Sql


def edit(person: Person, chat: str, message: str, content: str, **more: Any) -> Any:
    """Sends another version of a message; what was stored."""
    return body(person.post_message(chat, content, replaces=message, **more), 201)


def test_an_only_version_is_not_counted(api: Api, ada: Person) -> None:
    chat = ada.chat(opening="Hello")
    api.answer(ada, chat, "one", "1")
    assert [m["version"] for m in ada.messages(chat)] == [None] * 3


def test_a_new_version_stands_beside_the_old_one_and_is_shown(api: Api, ada: Person) -> None:
    chat = ada.chat(opening="Hello")
    api.answer(ada, chat, "one", "1")
    api.answer(ada, chat, "below", "2")
    opening, first, *_ = ada.messages(chat)
    sent = edit(ada, chat, first["id"], "another one")
    assert sent["message"]["parent_id"] == opening["id"]
    assert sent["message"]["seq"] == 6
    assert ada.contents(chat) == ["Hello", "another one", ""]
    assert body(ada.get(f"/chats/{chat}"))["head"] == sent["reply"]["id"]


def test_versions_are_numbered_and_lead_to_each_other(ada: Person) -> None:
    chat = ada.chat(opening="Hello")
    ada.send(chat, "one")
    ids = [ada.messages(chat)[1]["id"]]
    for content in ("two", "three"):
        ids.append(edit(ada, chat, ids[0], content)["message"]["id"])
    for number, message in enumerate(ids, 1):
        ada.put(f"/chats/{chat}/head", {"message_id": message})
        assert ada.messages(chat)[1]["version"] == {
            "number": number,
            "count": 3,
            "previous": ids[number - 2] if number > 1 else None,
            "next": ids[number] if number < 3 else None,
        }


def test_the_first_message_of_an_empty_chat_has_versions_too(ada: Person, bob: Person) -> None:
    chat, other = ada.chat(), ada.chat()
    for person, where in ((ada, chat), (ada, other), (bob, bob.chat())):
        person.send(where, "one")
    first = ada.messages(chat)[0]["id"]
    second = edit(ada, chat, first, "two")["message"]
    assert second["parent_id"] is None
    assert second["version"] == {"number": 2, "count": 2, "previous": first, "next": None}
    assert ada.messages(other)[0]["version"] is None


def test_versions_of_a_message_have_its_role(ada: Person, sql: Sql) -> None:
    chat = ada.chat(opening="Hello")
    sql(
        "INSERT INTO messages (chat_id, session_id, seq, role, content)"
        " SELECT id, session_id, 2, 'user', 'no opening' FROM chats"
    )
    assert ada.messages(chat)[0]["version"] is None


def test_an_export_tells_the_versions_as_well(ada: Person) -> None:
    chat = ada.chat()
    ada.send(chat, "one")
    edit(ada, chat, ada.messages(chat)[0]["id"], "two")
    found = body(ada.get(f"/chats/{chat}/messages/all"))["items"]
    assert [m["version"] and m["version"]["number"] for m in found] == [1, None, 2, None]


def test_a_follower_is_told_of_a_new_version(ada: Person) -> None:
    chat = ada.chat()
    ada.send(chat, "one")
    sent = edit(ada, chat, ada.messages(chat)[0]["id"], "two")
    told = body(ada.get(f"/chats/{chat}/follow", since=2))
    assert [m["id"] for m in told["messages"]] == [sent["message"]["id"], sent["reply"]["id"]]
    assert told["messages"][0]["version"]["number"] == 2


def test_sending_a_version_again_adds_nothing(ada: Person) -> None:
    chat = ada.chat()
    ada.send(chat, "one")
    first = ada.messages(chat)[0]["id"]
    sent = edit(ada, chat, first, "two", key="k")
    again = body(ada.post_message(chat, "two", key="k", replaces=first), 200)
    assert (again["message"], again["repeated"]) == (sent["message"], True)
    problem(ada.post_message(chat, "three", key="k", replaces=first), 409, "key-reused")
    elsewhere = body(ada.post_message(chat, "below"), 201)["message"]["id"]
    problem(ada.post_message(chat, "two", key="k", replaces=elsewhere), 409, "key-reused")


def test_a_version_s_key_still_counts_when_the_old_one_is_deleted(ada: Person) -> None:
    chat = ada.chat()
    ada.send(chat, "one")
    first = ada.messages(chat)[0]["id"]
    edit(ada, chat, first, "two", key="k")
    ada.delete(f"/chats/{chat}/messages/{first}")
    assert body(ada.post_message(chat, "two", key="k", replaces=first))["repeated"] is True


def test_a_message_whose_answer_was_deleted_is_sent_anew(ada: Person) -> None:
    chat = ada.chat()
    sent = body(ada.post_message(chat, "one", key="k"), 201)
    ada.delete(f"/chats/{chat}/messages/{sent['reply']['id']}")
    problem(ada.post_message(chat, "one", key="k"), 409, "key-reused")


def test_only_a_message_of_one_s_own_in_this_chat_is_replaced(ada: Person, bob: Person) -> None:
    chat, other, his = ada.chat(opening="Hello"), ada.chat(), bob.chat()
    reply = ada.send(chat)
    for person, where in ((ada, other), (bob, his)):
        person.send(where)
    wrong = (
        reply,
        ada.messages(chat)[0]["id"],
        ada.messages(other)[0]["id"],
        bob.messages(his)[0]["id"],
        str(uuid4()),
    )
    before = ada.messages(chat)
    for message in wrong:
        answer = ada.post_message(chat, "Hi", replaces=message)
        problem(answer, 404, "message-not-found")
    assert ada.messages(chat) == before


def test_a_replaced_message_whose_reply_runs_does_not_lose_it(api: Api, ada: Person) -> None:
    chat = ada.chat()
    reply = ada.send(chat, "one", worker="w")
    sent = edit(ada, chat, ada.messages(chat)[0]["id"], "two", worker="w")
    assert sent["claim"] is None, "in a chat one is answered after the other"
    upcoming = api.finish(reply, "1", claim_next=True)["next"]
    assert upcoming["reply"]["id"] == sent["reply"]["id"]
    assert upcoming["prompt"] == [{"role": "user", "content": "two"}]


@pytest.fixture
def forked(api: Api, ada: Person) -> dict[str, str]:
    """A chat of two branches: Hello, then a..d, or e..f, which is shown."""
    chat = ada.chat(opening="Hello")
    api.answer(ada, chat, "a", "b")
    api.answer(ada, chat, "c", "d")
    first = ada.messages(chat)[1]["id"]
    sent = edit(ada, chat, first, "e", worker="w")
    api.finish(sent["reply"]["id"], "f")
    found = body(ada.get(f"/chats/{chat}/messages/all"))["items"]
    return {"chat": chat} | {message["content"]: message["id"] for message in found}


def test_showing_a_branch_goes_on_to_its_newest_leaf(ada: Person, forked: dict[str, str]) -> None:
    chat = forked["chat"]
    before = body(ada.get(f"/chats/{chat}"))
    for message, shown in (("a", "Habcd"), ("Hello", "Hef"), ("d", "Habcd"), ("e", "Hef")):
        changed = body(ada.put(f"/chats/{chat}/head", {"message_id": forked[message]}))
        assert "".join(c[0] for c in ada.contents(chat)) == shown
        assert changed == before | {"head": forked[shown[-1]]}, "it is no writing"


def test_only_what_is_in_the_chat_can_be_shown(
    ada: Person, bob: Person, forked: dict[str, str]
) -> None:
    chat, other, his = forked["chat"], ada.chat(opening="x"), bob.chat(opening="x")
    for message in (ada.messages(other)[0]["id"], bob.messages(his)[0]["id"], str(uuid4())):
        answer = ada.put(f"/chats/{chat}/head", {"message_id": message})
        problem(answer, 404, "message-not-found")
    for stolen in (chat, str(uuid4())):
        answer = bob.put(f"/chats/{stolen}/head", {"message_id": forked["a"]})
        problem(answer, 404, "chat-not-found")
    assert ada.contents(chat) == ["Hello", "e", "f"]


def test_what_is_sent_below_another_branch_than_the_one_shown_is_refused(
    api: Api, ada: Person
) -> None:
    chat = ada.chat(opening="Hello")
    left = api.answer(ada, chat, "one", "1")
    opening, first, _ = ada.messages(chat)
    sent = edit(ada, chat, first["id"], "another one")
    for seen in (left, first["id"], str(uuid4())):
        refused = problem(ada.post_message(chat, "two", key="k", seen=seen), 409, "branch-moved")
        assert refused["head"] == sent["reply"]["id"]
    assert ada.contents(chat) == ["Hello", "another one", ""]
    # A tab that has not seen the newest messages of this branch is only late.
    for seen in (opening["id"], sent["message"]["id"], sent["reply"]["id"]):
        body(ada.post_message(chat, "two", seen=seen), 201)


def test_a_repeated_send_is_answered_wherever_the_chat_goes_on(api: Api, ada: Person) -> None:
    chat = ada.chat()
    first = body(ada.post_message(chat, "one", key="k"), 201)["message"]["id"]
    edit(ada, chat, first, "another one")
    assert body(ada.post_message(chat, "one", key="k", seen=first))["message"]["id"] == first


def test_nobody_learns_whether_a_message_seen_is_somebody_elses(ada: Person, bob: Person) -> None:
    chat = ada.chat(opening="Hello")
    theirs = bob.messages(bob.chat(opening="Hello"))[0]["id"]
    refused, unknown = (ada.post_message(chat, "one", seen=s) for s in (theirs, str(uuid4())))
    assert problem(refused, 409, "branch-moved") == unknown.json()
