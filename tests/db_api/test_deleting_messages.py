"""From a message on, everything goes; the rest of the chat stays and is shown."""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import uuid4

import pytest

from tests.db_api.api import Api, Person, body, problem
from tests.db_api.conftest import Sql


def remove(person: Person, chat: str, message: str) -> dict[str, object]:
    """Deletes from this message on; the chat as it is then."""
    found: dict[str, object] = body(person.delete(f"/chats/{chat}/messages/{message}"))
    return found


@pytest.fixture
def chat(api: Api, ada: Person) -> str:
    """Hello, one, 1, two, 2."""
    made = ada.chat(opening="Hello")
    for question, answer in (("one", "1"), ("two", "2")):
        api.answer(ada, made, question, answer)
    return made


def test_the_message_and_all_below_it_go(ada: Person, chat: str, sql: Sql) -> None:
    before = body(ada.get(f"/chats/{chat}"))
    found = ada.messages(chat)
    after = remove(ada, chat, found[3]["id"])
    assert after == before | {"head": found[2]["id"]}
    assert ada.contents(chat) == ["Hello", "one", "1"]
    assert sql("SELECT count(*) FROM replies") == [(1,)]
    problem(ada.delete(f"/chats/{chat}/messages/{found[3]['id']}"), 404, "message-not-found")


def test_all_branches_below_it_go(api: Api, ada: Person, chat: str, sql: Sql) -> None:
    _, one, _, two, _ = ada.messages(chat)
    ada.post_message(chat, "another two", replaces=two["id"])
    remove(ada, chat, one["id"])
    assert ada.contents(chat) == ["Hello"]
    assert sql("SELECT count(*) FROM messages") == [(1,)]


def test_the_newest_leaf_of_a_remaining_version_is_shown(api: Api, ada: Person, chat: str) -> None:
    _, one, *_ = ada.messages(chat)
    second = body(ada.post_message(chat, "another", replaces=one["id"]), 201)["message"]["id"]
    remove(ada, chat, second)
    assert ada.contents(chat) == ["Hello", "one", "1", "two", "2"]
    assert ada.messages(chat)[1]["version"] is None


def test_a_version_that_is_not_shown_goes_quietly(api: Api, ada: Person, chat: str) -> None:
    _, one, *_ = ada.messages(chat)
    second, _ = (ada.post_message(chat, text, replaces=one["id"]).json() for text in "23")
    head = body(ada.put(f"/chats/{chat}/head", {"message_id": second["message"]["id"]}))["head"]
    assert remove(ada, chat, one["id"])["head"] == head
    assert ada.contents(chat) == ["Hello", "2", ""]


def test_from_the_first_message_on_nothing_is_left(ada: Person, chat: str) -> None:
    after = remove(ada, chat, ada.messages(chat)[0]["id"])
    assert after["head"] is None
    assert ada.messages(chat) == []
    ada.send(chat, "again")
    assert ada.contents(chat) == ["again", ""]


def test_another_version_of_the_first_message_is_shown_instead(api: Api, ada: Person) -> None:
    chat = ada.chat()
    api.answer(ada, chat, "one", "1")
    first = ada.messages(chat)[0]["id"]
    second = body(ada.post_message(chat, "two", replaces=first), 201)["message"]["id"]
    remove(ada, chat, second)
    assert ada.contents(chat) == ["one", "1"]


def test_no_number_is_given_twice(ada: Person, chat: str) -> None:
    """A follower that has seen number 5 asks for what came after it."""
    remove(ada, chat, ada.messages(chat)[3]["id"])
    ada.send(chat, "three")
    assert [m["seq"] for m in ada.messages(chat)] == [1, 2, 3, 6, 7]
    told = body(ada.get(f"/chats/{chat}/follow", since=5))
    assert [m["content"] for m in told["messages"]] == ["three", ""]


def test_memory_that_began_there_begins_at_the_beginning_again(
    api: Api, ada: Person, chat: str
) -> None:
    api.answer(ada, chat, "x" * 500, "y", prompt_tokens=4000)
    start = body(ada.get(f"/chats/{chat}"))["context_start"]
    assert start == ada.messages(chat)[5]["id"]
    assert remove(ada, chat, start)["context_start"] is None
    sent = body(ada.post_message(chat, "three", worker="w"), 201)
    assert [m["content"] for m in sent["claim"]["prompt"]] == [
        "Hello",
        "one",
        "1",
        "two",
        "2",
        "three",
    ]


def test_memory_that_begins_above_stays_where_it_is(api: Api, ada: Person, chat: str) -> None:
    api.answer(ada, chat, "x" * 500, "y", prompt_tokens=4000)
    start = body(ada.get(f"/chats/{chat}"))["context_start"]
    assert start is not None
    reply = api.answer(ada, chat, "three", "3")
    assert remove(ada, chat, reply)["context_start"] == start


def test_a_reply_being_written_there_is_given_up(api: Api, ada: Person, chat: str) -> None:
    running, waiting = ada.send(chat, "three", worker="w"), ada.send(chat, "four")
    remove(ada, chat, running)
    assert api.store(running, "Once")["held"] is False
    problem(api.post_finish(running, "late"), 409, "lease-lost")
    assert api.claim() is None, "the one below is gone as well"
    assert waiting not in [m["id"] for m in ada.messages(chat)]


def test_a_reply_on_another_branch_goes_on(api: Api, ada: Person, chat: str) -> None:
    _, one, *_ = ada.messages(chat)
    sent = body(ada.post_message(chat, "another", replaces=one["id"], worker="w"), 201)
    remove(ada, chat, one["id"])
    assert api.store(sent["reply"]["id"], "Once")["held"] is True


def test_deleting_while_runners_claim_ends_in_no_deadlock(api: Api, ada: Person, sql: Sql) -> None:
    for _ in range(8):
        chats = [ada.chat() for _ in range(3)]
        firsts = []
        for made in chats:
            firsts.append(body(ada.post_message(made, "Hi"), 201)["message"]["id"])
            for _ in range(4):
                ada.send(made)
        claim = partial(api.http.post, "/replies/claim")
        with ThreadPoolExecutor(6) as pool:
            claims = [pool.submit(claim, json={"worker": f"w{n}"}) for n in range(3)]
            paths = [f"/chats/{c}/messages/{m}" for c, m in zip(chats, firsts, strict=True)]
            deletions = [pool.submit(ada.delete, path) for path in paths]
        assert {one.result().status_code for one in claims} <= {200, 204}
        assert {one.result().status_code for one in deletions} == {200}
        sql("DELETE FROM chats")


def test_nobody_deletes_what_is_not_theirs(ada: Person, bob: Person, chat: str) -> None:
    message = ada.messages(chat)[1]["id"]
    other, his = ada.chat(opening="x"), bob.chat(opening="x")
    problem(bob.delete(f"/chats/{chat}/messages/{message}"), 404, "chat-not-found")
    problem(bob.delete(f"/chats/{his}/messages/{message}"), 404, "message-not-found")
    problem(ada.delete(f"/chats/{other}/messages/{message}"), 404, "message-not-found")
    problem(ada.delete(f"/chats/{chat}/messages/{uuid4()}"), 404, "message-not-found")
    assert len(ada.messages(chat)) == 5


def test_a_follower_is_told_no_more_of_a_reply_that_is_gone(ada: Person, chat: str) -> None:
    reply = ada.send(chat, worker="w")
    ada.delete(f"/chats/{chat}/messages/{reply}")
    began = time.monotonic()
    known = [f"{reply}:running::::0"]
    told = body(ada.get(f"/chats/{chat}/follow", since=7, known=known, wait=0.2))
    assert (told["messages"], told["replies"], told["idle"]) == ([], [], True)
    assert time.monotonic() - began < 1
