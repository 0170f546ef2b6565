"""A deleted chat is found by nobody, and comes back whole if it is restored within a day."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from tests.db_api.api import Api, Person, body, problem
from tests.db_api.conftest import Sql


def call(person: Person, method: str, path: str, chat: str, message: str) -> httpx.Response:
    """Any route below a chat, with a body that is right for it."""
    bodies = {
        ("post", "/chats/{chat_id}/messages"): {"content": "Hi", "client_key": "key"},
        ("post", "/chats/{chat_id}/replies"): {"replaces": message, "client_key": "key"},
        ("put", "/chats/{chat_id}/head"): {"message_id": message},
        ("patch", "/chats/{chat_id}"): {"title": "New"},
    }
    url = path.format(chat_id=chat, message_id=message, reply_id=message)
    json = bodies.get((method, path))
    return person.http.request(method, url, headers=person.headers, json=json)


def test_no_route_finds_a_deleted_chat(app: FastAPI, api: Api, ada: Person) -> None:
    chat = ada.chat(opening="Hello")
    reply = api.answer(ada, chat, "one", "1")
    ada.delete(f"/chats/{chat}")
    routes = [
        (method, path)
        for path, methods in app.openapi()["paths"].items()
        for method in methods
        if "{chat_id}" in path and not path.endswith("/restore")
    ]
    assert len(routes) >= 12
    for method, path in routes:
        gone, unknown = (call(ada, method, path, c, reply) for c in (chat, str(uuid4())))
        assert problem(gone, 404, "chat-not-found") == unknown.json(), f"{method} {path}"
    assert body(ada.get("/chats"))["items"] == []
    assert body(ada.get("/search", q="one"))["items"] == []


def test_a_restored_chat_is_as_it_was(api: Api, ada: Person) -> None:
    chat, other = ada.chat(opening="Hello"), ada.chat()
    api.answer(ada, chat, "one", "1")
    before, said = body(ada.get(f"/chats/{chat}")), ada.messages(chat)
    ada.delete(f"/chats/{chat}")
    assert body(ada.post(f"/chats/{chat}/restore")) == before
    assert ada.messages(chat) == said
    assert [c["id"] for c in body(ada.get("/chats"))["items"]] == [chat, other]
    assert len(body(ada.get("/search", q="one"))["items"]) == 2
    assert ada.post_message(chat, "two").status_code == 201


def test_what_was_deleted_can_be_listed_until_it_is_back(ada: Person, bob: Person) -> None:
    chats = [ada.chat(), ada.chat(), ada.chat()]
    ada.send(chats[1], "What is an API?")
    bob.delete(f"/chats/{bob.chat()}")
    for chat in chats[:2]:
        ada.delete(f"/chats/{chat}")
    found = body(ada.get("/chats/deleted"))["items"]
    assert [(c["id"], c["title"]) for c in found] == [
        (chats[1], "What is an API?"),
        (chats[0], None),
    ]
    assert len(body(ada.get("/chats/deleted", limit=1))["items"]) == 1
    ada.post(f"/chats/{chats[1]}/restore")
    assert [c["id"] for c in body(ada.get("/chats/deleted"))["items"]] == [chats[0]]


def test_restoring_what_is_there_changes_nothing(ada: Person) -> None:
    chat = ada.chat()
    before = body(ada.get(f"/chats/{chat}"))
    assert body(ada.post(f"/chats/{chat}/restore")) == before


def test_nobody_restores_what_is_not_theirs(ada: Person, bob: Person) -> None:
    chat = ada.chat()
    ada.delete(f"/chats/{chat}")
    for gone in (chat, str(uuid4())):
        problem(bob.post(f"/chats/{gone}/restore"), 404, "chat-not-found")
    problem(ada.get(f"/chats/{chat}"), 404, "chat-not-found")


def test_a_waiting_reply_is_stopped_with_what_was_written(api: Api, ada: Person) -> None:
    chat = ada.chat()
    first, second = ada.send(chat, worker="w"), ada.send(chat)
    api.store(first, "Once")
    api.http.post("/replies/release", json={"worker": "w"})
    ada.delete(f"/chats/{chat}")
    assert api.claim() is None
    ada.post(f"/chats/{chat}/restore")
    assert [ada.reply(chat, reply)["state"] for reply in (first, second)] == ["stopped"] * 2
    assert ada.contents(chat)[1] == "Once"


def test_a_running_reply_hears_that_it_is_to_stop(api: Api, ada: Person) -> None:
    chat = ada.chat()
    reply = ada.send(chat, worker="w")
    ada.delete(f"/chats/{chat}")
    assert api.store(reply, "Once")["stop_requested"] is True
    api.finish(reply, " upon", offset=4, state="stopped")
    ada.post(f"/chats/{chat}/restore")
    assert ada.contents(chat)[-1] == "Once upon"


def test_nobody_takes_over_a_reply_in_a_deleted_chat(
    api: Api, ada: Person, lease_runs_out: Callable[[str], None]
) -> None:
    reply = ada.send(chat := ada.chat(), worker="gone")
    ada.delete(f"/chats/{chat}")
    lease_runs_out(reply)
    assert api.claim() is None


def test_other_chats_go_on(api: Api, ada: Person) -> None:
    chat, other = ada.chat(), ada.chat()
    ada.send(chat)
    reply = ada.send(other)
    ada.delete(f"/chats/{chat}")
    assert api.claim()["reply"]["id"] == reply
    assert ada.reply(other, reply)["stop_requested"] is False


@pytest.mark.parametrize("held", [0, 1, 2])
def test_a_claim_waits_for_nobody_who_stops_or_deletes(
    api: Api, ada: Person, hold: Callable[[str], None], held: int
) -> None:
    """Whoever is waited for may be waiting, too."""
    replies = [ada.send(ada.chat()) for _ in range(3)]
    hold(replies[held])
    claimed = [api.claim()["reply"]["id"] for _ in range(2)]
    assert claimed == [reply for reply in replies if reply != replies[held]]


def test_deleting_while_runners_claim_ends_in_no_deadlock(api: Api, ada: Person, sql: Sql) -> None:
    """Both hold several replies of one session: a claim must not wait for a deletion's."""
    for _ in range(8):
        chats = [ada.chat() for _ in range(3)]
        for chat in chats:
            for _ in range(4):
                ada.send(chat)
        with ThreadPoolExecutor(6) as pool:
            claims = [
                pool.submit(api.http.post, "/replies/claim", json={"worker": f"w{n}"})
                for n in range(3)
            ]
            deletions = [pool.submit(ada.delete, f"/chats/{chat}") for chat in chats]
        assert {claim.result().status_code for claim in claims} <= {200, 204}
        assert {deletion.result().status_code for deletion in deletions} == {204}
        sql("DELETE FROM chats")


def test_a_follower_is_told_at_once(ada: Person) -> None:
    chat = ada.chat()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: ada.get(f"/chats/{chat}/follow", wait=10))
        time.sleep(0.15)
        ada.delete(f"/chats/{chat}")
        began = time.monotonic()
        problem(waiting.result(5), 404, "chat-not-found")
        assert time.monotonic() - began < 0.3
