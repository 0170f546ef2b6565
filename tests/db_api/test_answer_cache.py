"""An earlier answer to exactly the same: of the same session, in what is there, and not too old."""

from typing import Any

import httpx
import pytest

from tests.db_api.api import NOWHERE, Api, Person, body, problem, reasons
from tests.db_api.conftest import ServeCopy, Sql

KEY, OTHER = "a" * 64, "b" * 64
DAY = 86_400
COUNTS = {"model": "qwen", "prompt_tokens": 31, "completion_tokens": 8}


def post(api: Api, reply: str, key: str = KEY, **more: Any) -> httpx.Response:
    """``more``: worker, seconds."""
    asked = {"worker": "w", "cache_key": key, "seconds": DAY, **more}
    return api.http.post(f"/replies/{reply}/cached", json=asked)


def find(api: Api, reply: str, key: str = KEY, **more: Any) -> Any:
    response = post(api, reply, key, **more)
    return None if response.status_code == 204 else body(response)


@pytest.fixture
def earlier(api: Api, ada: Person) -> str:
    """A chat in which something was answered, and can be found."""
    chat = ada.chat()
    api.answer(ada, chat, "Hi", "Hello.", cache_key=KEY, **COUNTS)
    return chat


@pytest.fixture
def asking(api: Api, ada: Person, earlier: str) -> str:
    """A reply of hers that is being written in another chat."""
    return ada.send(ada.chat(), worker="w")


def test_the_same_is_found_and_noted(api: Api, ada: Person, asking: str) -> None:
    assert find(api, asking, OTHER) is None
    assert find(api, asking) == {"text": "Hello.", "is_cut": False, **COUNTS}
    reply = api.finish(asking, "Hello.", **COUNTS)["reply"]
    assert (reply["cached"], reply["completion_tokens"]) == (True, 8)
    another = ada.send(ada.chat(), worker="w")
    assert api.finish(another, "Good day.")["reply"]["cached"] is False


def test_a_reply_that_was_cut_is_found_as_such(api: Api, ada: Person) -> None:
    cut = {"error": {"kind": "reply-limit"}, "cache_key": KEY}
    api.answer(ada, ada.chat(), "Hi", "Hel", **cut)
    assert find(api, ada.send(ada.chat(), worker="w"))["is_cut"]


def test_only_complete_ones_are_found(api: Api, ada: Person) -> None:
    for state in ("failed", "stopped"):
        api.answer(ada, ada.chat(), "Hi", "Hel", state=state, cache_key=KEY)
    assert find(api, ada.send(ada.chat(), worker="w")) is None


def test_nobody_finds_somebody_else_s(api: Api, bob: Person, earlier: str) -> None:
    assert find(api, bob.send(bob.chat(), worker="w")) is None


def test_it_goes_with_its_chat_and_expires(
    api: Api, ada: Person, earlier: str, asking: str, sql: Sql
) -> None:
    ada.delete(f"/chats/{earlier}")
    assert find(api, asking) is None
    ada.post(f"/chats/{earlier}/restore")
    assert find(api, asking)
    sql("UPDATE replies SET finished_at = now() - interval '10 s' WHERE cache_key IS NOT NULL")
    assert find(api, asking, seconds=9) is None
    assert find(api, asking, seconds=11)
    sql("UPDATE chats SET expires_at = now() WHERE id = %s", earlier)
    assert find(api, asking) is None


def test_another_version_is_the_model_s(api: Api, ada: Person, earlier: str) -> None:
    first = ada.messages(earlier)[-1]["id"]
    assert find(api, ada.regenerate(earlier, first, worker="w")["reply"]["id"]) is None


def test_what_a_worker_found_before_it_died_is_said_only_if_it_is_found_again(
    api: Api, ada: Person, earlier: str, asking: str
) -> None:
    find(api, asking)
    api.release()
    assert api.claim()["reply"]["cached"]
    ada.delete(f"/chats/{earlier}")
    assert find(api, asking) is None
    assert api.finish(asking, "Hi.")["reply"]["cached"] is False


def test_only_its_worker_may_ask(api: Api, asking: str) -> None:
    problem(post(api, asking, worker="other"), 409, "lease-lost")
    problem(post(api, NOWHERE), 409, "lease-lost")
    assert reasons(post(api, asking, "x")) == [("cache_key", "invalid")]
    assert reasons(post(api, asking, seconds=0)) == [("seconds", "invalid")]


def test_it_costs_no_tokens(ada: Person, earlier: str, serve_copy: ServeCopy) -> None:
    with serve_copy(tokens_per_minute=10) as copy:
        person = ada.at(copy)
        reply = person.send(person.chat(), worker="w")
        find(copy, reply)
        copy.finish(reply, "Hello.", **COUNTS)
        assert person.post_message(person.chat(), "Hi").status_code == 201
