"""Followers for tests: what they know, what they are told, and when they look."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from app.following import routes

from tests.db_api.api import Person
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
