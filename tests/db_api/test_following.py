"""A follower is told what it does not know, as soon as it is so, and nothing else."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from app.settings import Settings
from fastapi import FastAPI
from sqlalchemy import event

from tests.db_api.api import Api, Person, body, problem
from tests.db_api.conftest import ServeCopy, Sql, serve_api


def follow(person: Person, chat: str, **params: Any) -> Any:
    return body(person.get(f"/chats/{chat}/follow", **params))


def known(told: Any) -> list[str]:
    """What somebody who was told this knows, in the form of the query."""
    forms = []
    for followed in told["replies"]:
        reply, offset = followed["reply"], followed["offset"] + len(followed["text"])
        phase, place = reply["phase"] or "", reply["place"] or ""
        read = "" if reply["prompt_tokens_read"] is None else reply["prompt_tokens_read"]
        forms.append(f"{reply['id']}:{reply['state']}:{phase}:{place}:{read}:{offset}")
    return forms


class Follower:
    """A long poll in a thread, with the time it took."""

    def __init__(self, person: Person, chat: str, told: Any, since: int, **params: Any) -> None:
        self.pool = ThreadPoolExecutor(1)
        params = {"since": since, "known": known(told), "wait": 10} | params
        self.began = time.monotonic()
        self.future: Future[Any] = self.pool.submit(lambda: follow(person, chat, **params))
        time.sleep(0.15)  # the first look is taken, now it waits

    def told(self) -> tuple[Any, float]:
        """What it was told, and how long after this call."""
        called = time.monotonic()
        told = self.future.result(15)
        self.pool.shutdown()
        return told, time.monotonic() - called


def test_who_knows_nothing_is_told_everything(api: Api, ada: Person) -> None:
    chat = ada.chat(opening="Hello")
    reply = ada.send(chat, worker="w")
    api.store(reply, "Grüße 😀")
    told = follow(ada, chat)
    assert told["messages"] == ada.messages(chat)
    (only,) = told["replies"]
    assert only["reply"] == ada.reply(chat, reply)
    assert (only["offset"], only["text"], told["idle"]) == (0, "Grüße 😀", False)


def test_text_is_told_from_where_the_caller_s_ends(api: Api, ada: Person) -> None:
    chat = ada.chat()
    reply = ada.send(chat, worker="w")
    api.store(reply, "Grüße 😀 an alle")
    told = follow(ada, chat, since=2, known=[f"{reply}:running:writing:::7"])
    assert told["messages"] == []
    assert (told["replies"][0]["offset"], told["replies"][0]["text"]) == (7, " an alle")
    api.finish(reply, "!", offset=15)
    told = follow(ada, chat, since=2, known=[f"{reply}:running:writing:::15"])
    assert (told["replies"][0]["text"], told["replies"][0]["reply"]["state"]) == ("!", "complete")
    assert told["idle"] is True


def test_another_branch_is_news(api: Api, ada: Person) -> None:
    chat = ada.chat(opening="Hello")
    first = ada.send(chat, worker="w")
    api.finish(first, "One.")
    question = ada.messages(chat)[1]["id"]
    second = body(ada.post_message(chat, "Other", replaces=question), 201)["reply"]["id"]
    with ThreadPoolExecutor(1) as pool:
        known = [f"{second}:queued::1::0"]
        waiting = pool.submit(lambda: follow(ada, chat, since=9, known=known, head=second, wait=10))
        time.sleep(0.15)
        body(ada.http.put(f"/chats/{chat}/head", headers=ada.headers, json={"message_id": first}))
        began = time.monotonic()
        assert waiting.result(5)["head"] == first
        assert time.monotonic() - began < 2


def test_a_reply_that_is_gone_is_news(api: Api, ada: Person) -> None:
    chat = ada.chat(opening="Hello")
    reply = ada.send(chat, worker="w")
    body(ada.delete(f"/chats/{chat}/messages/{ada.messages(chat)[1]['id']}"))
    began = time.monotonic()
    told = follow(ada, chat, since=9, known=[f"{reply}:running:::0:0"], wait=5)
    assert told["replies"] == []
    assert time.monotonic() - began < 2


def test_it_waits_when_there_is_nothing_new(ada: Person) -> None:
    chat = ada.chat(opening="Hello")
    began = time.monotonic()
    told = follow(ada, chat, since=1, wait=0.3)
    assert 0.3 <= time.monotonic() - began < 1
    (opening,) = ada.messages(chat)
    assert told == {"messages": [], "replies": [], "head": opening["id"], "idle": True}


def test_a_new_message_wakes_it(ada: Person) -> None:
    chat = ada.chat(opening="Hello")
    follower = Follower(ada, chat, {"replies": []}, since=1)
    ada.send(chat, "Hi")
    told, took = follower.told()
    assert took < 0.3
    assert [m["content"] for m in told["messages"]] == ["Hi", ""]
    assert told["replies"][0]["reply"]["place"] == 1


def test_text_a_claim_and_the_end_wake_it(api: Api, ada: Person) -> None:
    chat = ada.chat()
    reply = ada.send(chat)
    told = follow(ada, chat)
    steps: list[tuple[Callable[[], Any], str, str]] = [
        (lambda: api.claim(), "running", ""),
        (lambda: api.store(reply, "One"), "running", "One"),
        (lambda: api.store(reply, " two", 3), "running", " two"),
        (lambda: api.finish(reply, "!", offset=7), "complete", "!"),
    ]
    for step, state, text in steps:
        follower = Follower(ada, chat, told, since=2)
        step()
        told, took = follower.told()
        assert took < 0.3
        assert (told["replies"][0]["reply"]["state"], told["replies"][0]["text"]) == (state, text)


def test_growing_text_wakes_only_who_wants_it(api: Api, ada: Person) -> None:
    chat = ada.chat()
    reply = ada.send(chat, worker="w")
    api.store(reply, "One")
    follower = Follower(ada, chat, follow(ada, chat), since=2, text="false", wait=1.2)
    api.store(reply, " two", 3)
    told, took = follower.told()
    assert took > 0.8
    assert told["replies"][0]["text"] == " two", "when it does answer, it tells all"


def test_what_another_copy_writes_is_seen_within_a_second(
    ada: Person, serve_copy: ServeCopy
) -> None:
    chat = ada.chat()
    reply = ada.send(chat, worker="w")
    follower = Follower(ada, chat, follow(ada, chat), since=2)
    with serve_copy() as other:
        called = time.monotonic()
        other.store(reply, "Hello")
        told, _ = follower.told()
    assert time.monotonic() - called < 2
    assert told["replies"][0]["text"] == "Hello"


def test_who_has_growing_text_from_elsewhere_is_looked_for_less_often(
    api: Api, ada: Person, settings: Settings
) -> None:
    def looks(**params: Any) -> int:
        """Transactions of two seconds without news, in a copy of its own: each look is one."""
        with serve_api(settings) as (copy, app):
            begun: list[str] = []

            def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
                begun.extend([statement] if "BEGIN" in statement else [])

            person = Person(copy.http, ada.session_id)
            event.listen(app.state.database.engine, "before_cursor_execute", note)
            follow(person, chat, since=2, known=known(told), wait=2, **params)
            return len(begun)

    chat = ada.chat()
    api.store(ada.send(chat, worker="w"), "Hello")
    told = follow(ada, chat)
    assert looks(text=False) < looks()


def test_the_place_in_line_is_news(api: Api, ada: Person, bob: Person) -> None:
    bob.send(bob.chat())
    chat = ada.chat()
    ada.send(chat)
    follower = Follower(ada, chat, follow(ada, chat), since=2)
    api.claim()
    told, took = follower.told()
    assert took < 1
    assert told["replies"][0]["reply"]["place"] == 1


def test_a_deleted_chat_ends_it(ada: Person) -> None:
    chat = ada.chat()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: ada.get(f"/chats/{chat}/follow", wait=10))
        time.sleep(0.15)
        ada.delete(f"/chats/{chat}")
        problem(waiting.result(5), 404, "chat-not-found")


def test_an_ended_session_ends_it(ada: Person) -> None:
    chat = ada.chat()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: ada.get(f"/chats/{chat}/follow", wait=10))
        time.sleep(0.15)
        ada.delete("/sessions/current")
        problem(waiting.result(5), 401, "session-ended")


def test_followers_hold_no_connection_while_they_wait(app: FastAPI, ada: Person, sql: Sql) -> None:
    chat = ada.chat()
    with ThreadPoolExecutor(30) as pool:
        waiting = [
            pool.submit(lambda: ada.get(f"/chats/{chat}/follow", wait=1.5)) for _ in range(30)
        ]
        time.sleep(0.7)
        began = time.monotonic()
        assert ada.get(f"/chats/{chat}").status_code == 200
        assert time.monotonic() - began < 0.3
        busy = [app.state.database.engine.pool.checkedout() for _ in range(10)]
        assert min(busy) == 0
        assert {w.result().status_code for w in waiting} == {200}
    assert not app.state.wakeups._waiters


def test_a_follower_that_leaves_is_forgotten(app: FastAPI, api: Api, ada: Person) -> None:
    chat = ada.chat()
    with pytest.raises(Exception, match="timed out"):
        api.http.get(f"/chats/{chat}/follow", headers=ada.headers, params={"wait": 20}, timeout=0.2)
    deadline = time.monotonic() + 3
    while app.state.wakeups._waiters and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not app.state.wakeups._waiters


def test_a_stranger_s_reply_is_not_told_even_when_named(api: Api, ada: Person, bob: Person) -> None:
    reply = ada.send(ada.chat(), worker="w")
    api.store(reply, "secret")
    told = follow(bob, bob.chat(), known=[f"{reply}:queued::::0"])
    assert told["replies"] == []


@pytest.mark.parametrize(
    "params",
    [
        {"known": "x"},
        {"known": "00000000-0000-7000-8000-000000000000:lost::::0"},
        {"known": "00000000-0000-7000-8000-000000000000:running::::9999999999"},
        {"known": "-" * 36 + ":running::::0"},
        {"since": -1},
        {"since": 2**31},
        {"wait": 26},
        {"wait": "nan"},
        {"text": "maybe"},
    ],
)
def test_a_bad_question_is_refused(ada: Person, params: dict[str, Any]) -> None:
    found = problem(ada.get(f"/chats/{ada.chat()}/follow", **params), 422, "invalid-input")
    assert found["errors"][0]["field"] in params
