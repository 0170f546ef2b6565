"""A reply ends once: by its runner, or by the person who stops it."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from tests.db_api.api import Api, Person, problem
from tests.db_api.conftest import Sql

COUNTS = {
    "model": "qwen",
    "prompt_tokens": 31,
    "completion_tokens": 8,
    "first_token_ms": 140,
    "total_ms": 420,
}


def test_the_text_moves_into_the_message(api: Api, ada: Person, sql: Sql) -> None:
    chat = ada.chat()
    reply = ada.send(chat, worker="w")
    api.store(reply, "An API ")
    told = api.finish(reply, "is a door.", offset=7, **COUNTS)
    assert told["next"] is None
    message = ada.messages(chat)[-1]
    assert message["content"] == "An API is a door."
    assert message["reply"] == told["reply"]
    assert {key: told["reply"][key] for key in COUNTS} == COUNTS
    assert (told["reply"]["state"], told["reply"]["phase"]) == ("complete", None)
    assert told["reply"]["finished_at"]
    assert sql("SELECT content FROM messages WHERE id = %s", reply) == [("An API is a door.",)]
    assert sql("SELECT text FROM replies") == [("",)]


@pytest.mark.parametrize("state", ["complete", "stopped", "failed"])
def test_every_end_is_kept_with_its_reason(api: Api, ada: Person, state: str) -> None:
    chat = ada.chat()
    reply = ada.send(chat, worker="w")
    api.finish(reply, "Half", state=state, error="Too long: 5000 of 4096 tokens.")
    found = ada.reply(chat, reply)
    assert (found["state"], found["error"]) == (state, "Too long: 5000 of 4096 tokens.")
    assert ada.messages(chat)[-1]["content"] == "Half"


def test_finishing_again_changes_nothing_and_answers_the_same(
    api: Api, ada: Person, sql: Sql
) -> None:
    reply = ada.send(ada.chat(), worker="w")
    first = api.finish(reply, "Yes.", **COUNTS)
    before = sql("SELECT * FROM messages"), sql("SELECT * FROM replies")
    assert api.finish(reply, "Yes.", **COUNTS) == first
    assert api.finish(reply, "No!", state="failed") == first
    assert (sql("SELECT * FROM messages"), sql("SELECT * FROM replies")) == before


def test_a_finish_that_comes_too_late_is_told_how_much_is_stored(
    api: Api, ada: Person, lease_runs_out: Callable[[str], None]
) -> None:
    chat = ada.chat()
    reply = ada.send(chat, worker="w")
    api.store(reply, "One two")
    ada.stop(chat, reply)
    lease_runs_out(reply)
    assert api.claim("other") is None, "it was to be stopped, and now it is"
    late = api.finish(reply, "One two three")
    assert (late["reply"]["state"], late["length"]) == ("stopped", len("One two"))


def test_who_does_not_hold_it_cannot_finish_it(api: Api, ada: Person) -> None:
    chat = ada.chat()
    reply, waiting = ada.send(chat, worker="w"), ada.send(chat)
    problem(api.post_finish(reply, "x", worker="other"), 409, "lease-lost")
    problem(api.post_finish(waiting, "x"), 409, "lease-lost")
    problem(api.post_finish(str(uuid4()), "x"), 409, "lease-lost")
    assert [m["content"] for m in ada.messages(chat)] == ["Hi", "", "Hi", ""]
    api.finish(reply, "Yes.")
    problem(api.post_finish(reply, "Yes.", worker="other"), 409, "lease-lost")


def test_text_stored_already_is_not_stored_twice(api: Api, ada: Person) -> None:
    chat = ada.chat()
    reply = ada.send(chat, worker="w")
    api.store(reply, "One two")  # suppose the answer to this got lost
    api.finish(reply, "One two three")
    assert ada.messages(chat)[-1]["content"] == "One two three"


@pytest.mark.parametrize(("offset", "text"), [(8, "x"), (0, "Two"), (4, "tw"), (2, "x")])
def test_text_that_does_not_join_is_refused(api: Api, ada: Person, offset: int, text: str) -> None:
    chat = ada.chat()
    reply = ada.send(chat, worker="w")
    api.store(reply, "One two")
    found = problem(api.post_finish(reply, text, offset=offset), 409, "offset-differs")
    assert found["length"] == 7
    assert ada.messages(chat)[-1]["content"] == "One two"
    assert ada.reply(chat, reply)["state"] == "running"


def test_finishing_can_claim_the_next(api: Api, ada: Person, bob: Person) -> None:
    reply = ada.send(ada.chat(), worker="w")
    his = bob.send(bob.chat(), "Hi there")
    upcoming = api.finish(reply, "Yes.", claim_next=True)["next"]
    assert (upcoming["reply"]["id"], upcoming["worker"]) == (his, "w")
    assert upcoming["prompt"] == [{"role": "user", "content": "Hi there"}]


@pytest.mark.parametrize(
    "change",
    [{"state": "queued"}, {"state": "running"}, {"offset": -1}, {"text": "\0"}, {"worker": ""}],
)
def test_a_bad_finish_is_refused(api: Api, ada: Person, change: dict[str, Any]) -> None:
    reply = ada.send(ada.chat(), worker="w")
    problem(api.post_finish(reply, **change), 422, "invalid-input")


def test_stopping_a_waiting_reply_ends_it(api: Api, ada: Person) -> None:
    chat = ada.chat()
    reply = ada.send(chat)
    stopped = ada.stop(chat, reply)
    assert (stopped["state"], stopped["place"]) == ("stopped", None)
    assert stopped["finished_at"]
    assert api.claim() is None


def test_stopping_a_reply_that_waits_again_keeps_its_text(api: Api, ada: Person) -> None:
    chat = ada.chat()
    reply = ada.send(chat, worker="w")
    api.store(reply, "Once")
    api.http.post("/replies/release", json={"worker": "w"})
    ada.stop(chat, reply)
    assert ada.messages(chat)[-1]["content"] == "Once"


def test_stopping_a_running_reply_asks_its_runner(api: Api, ada: Person) -> None:
    chat = ada.chat()
    reply = ada.send(chat, worker="w")
    api.store(reply, "Once")
    assert ada.stop(chat, reply)["state"] == "running"
    api.finish(reply, " upon", offset=4, state="stopped")
    assert ada.messages(chat)[-1]["content"] == "Once upon"
    assert ada.reply(chat, reply)["state"] == "stopped"


def test_stopping_a_final_reply_changes_nothing(api: Api, ada: Person) -> None:
    chat = ada.chat()
    reply = ada.send(chat, worker="w")
    final = api.finish(reply, "Yes.")["reply"]
    assert ada.stop(chat, reply) == final
    assert ada.reply(chat, reply) == final


def test_nobody_stops_what_is_not_theirs(ada: Person, bob: Person) -> None:
    chat, other, his = ada.chat(), ada.chat(), bob.chat()
    reply = ada.send(chat, worker="w")
    problem(bob.post(f"/chats/{chat}/replies/{reply}/stop"), 404, "chat-not-found")
    problem(bob.post(f"/chats/{his}/replies/{reply}/stop"), 404, "reply-not-found")
    problem(ada.post(f"/chats/{other}/replies/{reply}/stop"), 404, "reply-not-found")
    problem(ada.post(f"/chats/{chat}/replies/{uuid4()}/stop"), 404, "reply-not-found")
    assert ada.reply(chat, reply)["stop_requested"] is False
