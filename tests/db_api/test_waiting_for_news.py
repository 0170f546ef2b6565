"""A follower waits until there is news: a change wakes it, or it looks again after a while."""

import asyncio
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from app.following import routes
from fastapi import FastAPI

from tests.db_api.api import Api, Person, body, problem
from tests.db_api.conftest import ServeCopy
from tests.db_api.following import (
    NEVER,
    Looks,
    Waiting,
    follow,
    impatient,
    know,
    looks,
    texts,
    waiting,
)
from tests.support.waiting import wait_until

__all__ = ["impatient", "looks", "waiting"]


def test_every_change_wakes_it_with_what_it_does_not_know(
    api: Api, ada: Person, chat: str, waiting: Waiting
) -> None:
    reply = ada.send(chat)
    known = know(follow(ada, chat))
    changes: list[tuple[Callable[[], Any], str, list[tuple[int, int, str]]]] = [
        (lambda: api.claim(), "running", []),
        (lambda: api.store(reply, "One"), "running", [(0, 0, "One")]),
        (lambda: api.store(reply, " two", 3), "running", [(0, 3, " two")]),
        (lambda: ada.stop(chat, reply), "running", []),
        (lambda: api.store(reply, "", 7, prompt_tokens_read=9), "running", []),
        (lambda: api.finish(reply, "!", offset=7), "complete", [(0, 7, "!")]),
    ]
    for change, state, text in changes:
        follower = waiting(ada, chat, known)
        change()
        told = body(follower.result(20))
        assert (told["replies"][0]["reply"]["state"], texts(told)) == (state, text)
        known = know(told, known)


def test_a_new_message_another_branch_and_a_reply_that_is_gone_are_news(
    ada: Person, chat: str, waiting: Waiting
) -> None:
    assert body(waiting(ada, ada.chat(opening="Hello"), since=0).result(20))["messages"]
    follower = waiting(ada, chat, since=0)
    first = ada.sent(chat, "Hi")
    told = body(follower.result(20))
    assert [m["content"] for m in told["messages"]] == ["Hi", ""]
    assert told["replies"][0]["reply"]["queue_position"] == 1
    edited = ada.sent(chat, "Other", replaces=first["message"]["id"])["reply"]["id"]
    known = know(follow(ada, chat))
    follower = waiting(ada, chat, known, head=edited)
    ada.show(chat, first["reply"]["id"])
    assert body(follower.result(20))["head"] == first["reply"]["id"]
    follower = waiting(ada, chat, known)
    ada.remove(chat, edited)
    assert body(follower.result(20))["replies"] == []


def test_growing_text_wakes_only_who_wants_it(
    api: Api, ada: Person, chat: str, running: str, waiting: Waiting, looks: Looks
) -> None:
    api.store(running, "One")
    known = know(follow(ada, chat))
    patient, eager = waiting(ada, chat, known, text=False), waiting(ada, chat, known)
    api.store(running, " two", 3, prompt_tokens_read=5)
    assert texts(body(eager.result(20))) == [(0, 3, " two")]
    api.store(running, "", 7, phase="waiting")
    assert texts(body(patient.result(20))) == [(0, 3, " two")], "when it does answer, it tells all"
    assert looks[chat] == 5, "at the text it has not even looked"


@pytest.mark.usefixtures("impatient")
def test_what_another_copy_does_is_looked_for(
    ada: Person, bob: Person, chat: str, waiting: Waiting, serve_copy: ServeCopy
) -> None:
    bob.send(bob.chat())
    reply = ada.send(chat)
    with serve_copy() as other:
        changes: list[tuple[Callable[[], Any], tuple[str, int | None, list[Any]]]] = [
            (lambda: other.claim(), ("queued", 1, [])),  # in another chat: the queue moves on
            (lambda: other.claim(), ("running", None, [])),
            (lambda: other.store(reply, "Hello"), ("running", None, [(0, 0, "Hello")])),
        ]
        for change, news in changes:
            follower = waiting(ada, chat, know(follow(ada, chat)))
            change()
            told = body(follower.result(20))
            found = told["replies"][0]["reply"]
            assert (found["state"], found["queue_position"], texts(told)) == news


class Clock:
    """Stands still but for the pauses that a follower makes, which nothing interrupts."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    def time(self) -> float:
        return sum(self.pauses)

    async def pause(self, changed: Coroutine[Any, Any, Any], seconds: float) -> None:
        changed.close()
        self.pauses.append(seconds)
        raise TimeoutError


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("text", "pause"), [(True, 0.05), (False, 0.1)])
def test_without_news_it_looks_again_until_its_time_is_over(
    api: Api,
    ada: Person,
    chat: str,
    running: str,
    looks: Looks,
    monkeypatch: pytest.MonkeyPatch,
    text: bool,
    pause: float,
) -> None:
    """Who gets the growing text from its own runner looks half as often."""
    clock = Clock()
    replaced = {"get_running_loop": lambda: clock, "wait_for": clock.pause}
    monkeypatch.setattr(routes, "asyncio", SimpleNamespace(**vars(asyncio) | replaced))
    api.store(running, "One")
    known = know(follow(ada, chat))
    for wait, offset, more in ((0, 3, False), (0.5, 3, True), (0.5, 0, not text)):
        looks.clear()
        clock.pauses.clear()
        told = follow(ada, chat, [known[0] | {"offset": offset}], since=9, text=text, wait=wait)
        assert texts(told) == ([] if offset else [(0, 0, "One")])
        assert sum(clock.pauses) == pytest.approx(wait if more else 0), "growing text may be news"
        assert set(clock.pauses[: 9 if text else 4]) == ({pause} if more else set())
        assert looks[chat] == len(clock.pauses) + 1


@pytest.mark.parametrize(
    ("gone", "pause", "status", "slug"),
    [
        ("chats/{}", NEVER, 404, "chat-not-found"),
        ("sessions/current", 0.05, 401, "session-ended"),  # that wakes nobody
    ],
)
def test_a_chat_or_session_that_ends_is_an_end(
    ada: Person,
    chat: str,
    waiting: Waiting,
    monkeypatch: pytest.MonkeyPatch,
    gone: str,
    pause: float,
    status: int,
    slug: str,
) -> None:
    monkeypatch.setattr(routes, "LOOK_AGAIN_S", pause)
    follower = waiting(ada, chat)
    ada.delete(f"/{gone.format(chat)}")
    problem(follower.result(20), status, slug)


def test_followers_hold_no_connection_and_none_is_left_behind(
    app: FastAPI, ada: Person, chat: str, waiting: Waiting
) -> None:
    followers = [waiting(ada, chat, since=0) for _ in range(30)]
    wait_until(lambda: app.state.database.engines["app"].pool.checkedout() == 0)
    ada.sent(chat, "Hi")
    assert {follower.result(20).status_code for follower in followers} == {200}
    assert not app.state.notifier._listeners


@pytest.mark.usefixtures("impatient")
def test_a_follower_that_leaves_is_forgotten(
    app: FastAPI, api: Api, ada: Person, chat: str
) -> None:
    path = f"/chats/{chat}/follow?wait=25"
    with pytest.raises(httpx.ReadTimeout):
        api.http.get(path, headers=ada.headers, timeout=httpx.Timeout(60, read=0.2))
    wait_until(lambda: not app.state.notifier._listeners, patience=15)
