"""A follower is told what it does not know, as soon as it is so, and nothing else."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock
from uuid import UUID

import httpx
import pytest
from app.following import routes
from app.following.schemas import KnownReply
from fastapi import FastAPI

from tests.db_api.api import Api, Person, body, problem, reasons
from tests.db_api.conftest import ServeCopy
from tests.support.waiting import wait_until

Looks = Counter[str]
KNOWN = ("id", "state", "phase", "queue_position", "prompt_tokens_read", "stop_requested")
NEVER = 1000  # seconds: only a change wakes a follower


def follow(person: Person, chat: str, known: Any = (), **params: Any) -> Any:
    return person.read(chat, "/follow", known=json.dumps(known), **params)


def know(told: Any, before: Any = ()) -> list[Any]:
    """What somebody knows who was told this, after what was known before."""
    known = {reply["id"]: reply for reply in before}
    for update in told["replies"]:
        reply = {k: v for k, v in update["reply"].items() if k in KNOWN}
        known[reply["id"]] = known.get(reply["id"], {}) | reply
        for step in update["steps"]:
            end = step["offset"] + len(step["text"])
            known[reply["id"]] |= {"step": step["number"], "offset": end}
    return list(known.values())


def texts(told: Any) -> list[tuple[int, int, str]]:
    """The only reply's new text: step, offset, text."""
    return [(s["number"], s["offset"], s["text"]) for s in told["replies"][0]["steps"]]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Looks:
    """How often a follower has looked at a chat. It looks when it is woken, or after a while that
    never passes, unless it is `impatient`."""
    counted: Looks = Counter()
    look = routes.look_once

    def count(database: Any, person: Any, chat: Any, *rest: Any) -> Any:
        told = look(database, person, chat, *rest)
        counted[str(chat)] += 1
        return told

    monkeypatch.setattr(routes, "look_once", count)
    monkeypatch.setattr(routes, "LOOK_AGAIN_S", NEVER)
    return counted


@pytest.fixture
def impatient(looks: Looks, monkeypatch: pytest.MonkeyPatch) -> None:
    """A follower looks again and again."""
    monkeypatch.setattr(routes, "LOOK_AGAIN_S", 0.05)


Waiting = Callable[..., Future[httpx.Response]]


@pytest.fixture
def waiting(looks: Looks) -> Iterator[Waiting]:
    """``waiting(person, chat, known)``: a long poll that has taken its first look, and waits."""
    with ThreadPoolExecutor(40) as pool:

        def begin(person: Person, chat: str, known: Any = (), **params: Any) -> Any:
            before = looks[chat]
            params = {"since": 9, "wait": 25, "known": json.dumps(known)} | params
            future = pool.submit(person.get, f"/chats/{chat}/follow", **params)
            wait_until(lambda: looks[chat] > before)
            return future

        yield begin


def test_who_knows_nothing_is_told_everything(
    api: Api, ada: Person, chat: str, running: str
) -> None:
    api.store(running, "Grüße 😀")
    told = follow(ada, chat)
    assert told["messages"] == ada.messages(chat)
    assert told["replies"][0]["reply"] == ada.reply(chat, running)
    assert (texts(told), told["idle"]) == ([(0, 0, "Grüße 😀")], False)


def test_text_is_told_step_by_step_from_where_the_caller_s_ends(
    api: Api, ada: Person, chat: str, running: str
) -> None:
    api.store(running, "Grüße 😀 an alle")
    known = {"id": running, "state": "running", "phase": "writing", "offset": 7}
    assert texts(follow(ada, chat, [known], since=2)) == [(0, 7, " an alle")]
    api.store(running, "!", 15)
    api.store(running, "Und", step=1)
    assert texts(follow(ada, chat, [known])) == [(0, 7, " an alle!"), (1, 0, "Und")]
    api.finish(running, " so", step=1, offset=3)
    told = follow(ada, chat, [known | {"step": 1, "offset": 2}], since=2)
    assert (told["messages"], texts(told), told["idle"]) == ([], [(1, 2, "d so")], True)
    assert texts(follow(ada, chat, [known])) == [(0, 7, " an alle!"), (1, 0, "Und so")]
    assert texts(follow(ada, chat, [known | {"step": 1, "offset": 6}])) == []
    assert ada.contents(chat)[-1] == "Grüße 😀 an alle!Und so"


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
    wait_until(lambda: app.state.database.engine.pool.checkedout() == 0)
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


REPLY = {"id": "00000000-0000-7000-8000-000000000000", "state": "running"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("known", "x"),
        ("known", json.dumps([REPLY] * 101)),
        ("known.0.id", json.dumps([REPLY | {"id": "-" * 36}])),
        ("known.0.state", json.dumps([REPLY | {"state": "lost"}])),
        ("known.0.offset", json.dumps([REPLY | {"offset": 9999999999}])),
        ("known.0.offset", json.dumps([REPLY | {"offset": -1}])),
        ("known.0.step", json.dumps([REPLY | {"step": -1}])),
        ("known.0.step", json.dumps([REPLY | {"step": 2**31}])),
        ("wait", "nan"),
        ("text", "maybe"),
    ],
)
def test_a_bad_question_is_refused(ada: Person, chat: str, field: str, value: Any) -> None:
    assert reasons(ada.get(f"/chats/{chat}/follow", **{field.split(".")[0]: value}))[0][0] == field


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"state": "complete"},
        {"phase": "writing"},
        {"queue_position": 1},
        {"stop_requested": True},
    ],
)
def test_whatever_changes_of_a_reply_is_news(change: dict[str, Any]) -> None:
    known = KnownReply(id=UUID(int=1), state="running")
    update = Mock(reply=Mock(**(known.model_dump() | change)), steps=[])
    assert known.differs_from(update, with_text=False) is bool(change)
