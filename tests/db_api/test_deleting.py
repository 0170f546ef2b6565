"""A deleted chat is found by nobody, and comes back whole if it is restored within a day. From a
deleted message on, everything goes for good; the rest of the chat stays and is shown."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi import FastAPI

from tests.db_api.api import NOWHERE, Api, Person, body, ids, lines, problem
from tests.db_api.conftest import Sql, TakeOver

BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("post", "/messages"): {"content": "Hi", "client_key": "key"},
    ("post", "/replies"): {"replaces": NOWHERE, "client_key": "key"},
    ("put", "/head"): {"message_id": NOWHERE},
    ("patch", ""): {"title": "New"},
    ("post", "/passages"): {"question": "one"},
}
WANTED = {"/passages": {"q": "one"}}


@pytest.fixture
def said(api: Api, ada: Person) -> str:
    """A chat: Hello, one, 1, two, 2."""
    chat = ada.chat(opening="Hello")
    for question, answer in (("one", "1"), ("two", "2")):
        api.answer(ada, chat, question, answer)
    return chat


def test_no_route_finds_a_deleted_chat(app: FastAPI, ada: Person, said: str) -> None:
    ada.delete(f"/chats/{said}")
    routes = [
        (method, path.removeprefix("/chats/{chat_id}"))
        for path, methods in app.openapi()["paths"].items()
        for method in methods
        if path.startswith("/chats/{chat_id}") and not path.endswith("/restore")
    ]
    assert len(routes) >= 12
    for method, path in routes:
        names = ("message_id", "reply_id", "document_id", "recording_id")
        nowhere = dict.fromkeys(names, NOWHERE)
        more: dict[str, Any] = {"json": BODIES.get((method, path)), "params": WANTED.get(path)}
        gone, unknown = (
            ada.http.request(
                method, f"/chats/{chat}{path.format(**nowhere)}", headers=ada.headers, **more
            )
            for chat in (said, NOWHERE)
        )
        assert problem(gone, 404, "chat-not-found") == unknown.json(), f"{method} {path}"
    assert (ada.chats(), ada.search("one")) == ([], [])


def test_a_restored_chat_is_as_it_was(ada: Person, said: str) -> None:
    other = ada.chat()
    before = ada.read(said), ada.messages(said)
    ada.delete(f"/chats/{said}")
    for _ in range(2):  # what is there already is answered like it
        assert body(ada.post(f"/chats/{said}/restore")) == before[0]
    assert (ada.read(said), ada.messages(said)) == before
    assert (ada.chats(), len(ada.search("one"))) == ([other, said], 2)
    ada.sent(said, "three")


def test_what_was_deleted_is_listed_for_its_owner_until_it_is_back(
    ada: Person, bob: Person
) -> None:
    first, second, _ = (ada.chat() for _ in range(3))
    ada.send(second, "What is an API?")
    for person, chat in ((bob, bob.chat()), (ada, first), (ada, second)):
        person.delete(f"/chats/{chat}")
    found = body(ada.get("/chats/deleted"))["items"]
    assert [(c["id"], c["title"]) for c in found] == [(second, "What is an API?"), (first, None)]
    assert len(body(ada.get("/chats/deleted", limit=1))["items"]) == 1
    for gone in (second, NOWHERE):
        problem(bob.post(f"/chats/{gone}/restore"), 404, "chat-not-found")
    ada.post(f"/chats/{second}/restore")
    assert ids(body(ada.get("/chats/deleted"))["items"]) == [first]


@pytest.mark.parametrize("held", ["released", "running", "expired"])
def test_a_deleted_chat_s_replies_are_stopped_with_what_was_written(
    api: Api, ada: Person, chat: str, running: str, take_over: TakeOver, held: str
) -> None:
    queued, other = ada.send(chat), ada.send(ada.chat())
    api.store(running, "Once")
    if held == "released":
        api.release()
    ada.delete(f"/chats/{chat}")
    if held == "running":
        assert api.store(running, " upon", 4)["stop_requested"] is True
        api.finish(running, "", offset=9, state="stopped")
    claim = take_over(running) if held == "expired" else api.claim()
    assert (claim["reply"]["id"], api.claim()) == (other, None), "other chats continue"
    ada.post(f"/chats/{chat}/restore")
    assert [ada.reply(chat, reply)["state"] for reply in (running, queued)] == ["stopped"] * 2
    assert ada.contents(chat)[1] == ("Once upon" if held == "running" else "Once")


@pytest.mark.parametrize("what", ["chats", "messages"])
def test_deleting_while_runners_claim_ends_in_no_deadlock(
    api: Api, ada: Person, sql: Sql, what: str
) -> None:
    """Both hold several replies of one session: a claim must not wait for a deletion's."""
    for _ in range(5):
        chats = [ada.chat() for _ in range(3)]
        sent = [[ada.sent(chat, "Hi")["message"]["id"] for _ in range(5)] for chat in chats]
        below = [f"/messages/{m[0]}" if what == "messages" else "" for m in sent]
        paths = [f"/chats/{chat}{path}" for chat, path in zip(chats, below, strict=True)]
        with ThreadPoolExecutor(6) as pool:
            claims = [pool.submit(api.claim, f"w{n}") for n in range(3)]
            deletions = [pool.submit(ada.delete, path) for path in paths]
        assert [claim.exception() for claim in claims] == [None] * 3
        assert all(deletion.result().is_success for deletion in deletions)
        sql("DELETE FROM chats")


def test_a_message_and_all_branches_below_it_go(ada: Person, said: str, sql: Sql) -> None:
    _, one, answer, two, _ = ids(ada.messages(said))
    another = ada.sent(said, "another two", replaces=two)["message"]["id"]
    before = ada.read(said)
    assert ada.remove(said, two) == before, "a version that is not shown goes quietly"
    assert ada.contents(said) == ["Hello", "one", "1", "another two", ""]
    assert ada.remove(said, another) == before | {"head": answer}
    assert sql("SELECT count(*), (SELECT count(*) FROM replies) FROM messages") == [(3, 1)]
    problem(ada.delete(f"/chats/{said}/messages/{two}"), 404, "message-not-found")
    ada.remove(said, one)
    assert (ada.contents(said), sql("SELECT count(*) FROM messages")) == (["Hello"], [(1,)])


def test_who_deletes_what_is_not_shown_is_shown_the_same(ada: Person, said: str) -> None:
    two = ada.messages(said)[3]["id"]
    another, _ = (ada.sent(said, text, replaces=two)["message"]["id"] for text in ("2nd", "3rd"))
    before = ada.show(said, another)
    assert ada.remove(said, two) == before


def test_the_newest_leaf_of_what_remains_is_shown(ada: Person, said: str) -> None:
    opening, one, *_ = ids(ada.messages(said))
    ada.remove(said, ada.sent(said, "another", replaces=one)["message"]["id"])
    assert ada.contents(said) == ["Hello", "one", "1", "two", "2"]
    assert ada.messages(said)[1]["version"] is None
    assert (ada.remove(said, opening)["head"], ada.messages(said)) == (None, [])
    first = ada.sent(said, "again")["message"]["id"]
    ada.remove(said, ada.sent(said, "two", replaces=first)["message"]["id"])
    assert ada.contents(said) == ["again", ""], "also of the first message"


def test_no_number_is_given_twice(ada: Person, said: str) -> None:
    """A follower that has seen number 5 asks for what came after it."""
    ada.remove(said, ada.messages(said)[3]["id"])
    ada.send(said, "three")
    assert [m["seq"] for m in ada.messages(said)] == [1, 2, 3, 6, 7]
    assert [m["content"] for m in ada.read(said, "/follow", since=5)["messages"]] == ["three", ""]


def test_a_window_that_began_there_begins_at_the_beginning_again(
    api: Api, ada: Person, said: str
) -> None:
    api.answer(ada, said, "x" * 500, "y", prompt_tokens=4000)
    start = ada.messages(said)[5]["id"]
    assert ada.remove(said, api.answer(ada, said, "three", "3"))["context_start"] == start
    assert ada.remove(said, start)["context_start"] is None
    prompt = lines(ada.sent(said, "three", worker="w")["claim"]["prompt"])
    assert [text for _, text in prompt] == ["Hello", "one", "1", "two", "2", "three"]


def test_a_reply_being_written_there_is_given_up(api: Api, ada: Person, said: str) -> None:
    one = ada.messages(said)[1]["id"]
    running, _ = ada.send(said, "three", worker="w"), ada.send(said, "four")
    ada.remove(said, running)
    assert api.store(running, "Once")["held"] is False
    problem(api.post_finish(running, "late"), 409, "lease-lost")
    assert api.claim() is None, "the one below is gone as well"
    edited = ada.sent(said, "another", replaces=one, worker="w")["reply"]["id"]
    ada.remove(said, one)
    assert api.store(edited, "Once")["held"] is True, "on another branch it continues"
