"""A reply ends once: by its runner, or by the person who stops it."""

from typing import Any, get_args

import pytest
from app.replies.schemas import ErrorKind, FinalState

from tests.db_api.api import NOWHERE, Api, Person, body, lines, problem, reasons
from tests.db_api.conftest import Sql, TakeOver

COUNTS = {
    "model": "qwen",
    "prompt_tokens": 31,
    "completion_tokens": 8,
    "first_token_ms": 140,
    "total_ms": 420,
}


def test_the_text_moves_into_the_message(
    api: Api, ada: Person, chat: str, running: str, sql: Sql
) -> None:
    api.store(running, "An API ")
    told = api.finish(running, "is a door.", offset=7, **COUNTS)
    reply, message = told["reply"], ada.messages(chat)[-1]
    assert (message["content"], message["reply"]) == ("An API is a door.", reply)
    assert {key: reply[key] for key in COUNTS} == COUNTS
    assert (reply["state"], reply["phase"], reply["error"]) == ("complete", None, None)
    assert (told["next"], reply["finished_at"] is not None) == (None, True)
    assert sql("SELECT content FROM messages WHERE id = %s", running) == [("An API is a door.",)]
    assert sql("SELECT text, finished_steps FROM replies") == [("", [])]
    assert api.store(running, "x")["held"] is False, "it takes no more"


def test_it_moves_into_its_own_message_only(
    api: Api, ada: Person, chat: str, running: str, bob: Person
) -> None:
    other = bob.send(his := bob.chat(), worker="w")
    for reply in (other, running):
        api.store(reply, reply)
    api.finish(running, "", offset=len(running))
    assert ada.contents(chat)[-1] == running
    unwritten = bob.send(empty := bob.chat(), worker="w")
    api.finish(other, "", offset=len(other))
    api.finish(unwritten, "", state="stopped")
    assert (bob.contents(his)[-1], bob.contents(empty)[-1]) == (other, "")


@pytest.mark.parametrize("kind", [None, *get_args(ErrorKind)])
@pytest.mark.parametrize("state", get_args(FinalState))
def test_every_end_is_kept_with_its_reason(
    api: Api, ada: Person, chat: str, running: str, state: str, kind: str | None
) -> None:
    """Only a failed reply has failed, and says why; a complete one may have been cut."""
    error = kind and {"kind": kind, "size": 5000, "limit": 4096}
    allowed = {"complete": (None, "reply-limit"), "stopped": (None,)}
    failures = set(get_args(ErrorKind)) - {"reply-limit"}
    ended = api.post_finish(running, "Half", state=state, error=error)
    if kind not in allowed.get(state, failures):
        problem(ended, 422, "invalid-input")
        return
    body(ended)
    found = ada.reply(chat, running)
    assert (found["state"], found["error"]) == (state, error and error | {"detail": None})
    assert ada.contents(chat)[-1] == "Half"


def test_finishing_again_changes_nothing_and_answers_the_same(
    api: Api, running: str, bob: Person, sql: Sql
) -> None:
    api.finish(bob.send(bob.chat(), worker="w"), "The same worker's.")
    first = api.finish(running, "Yes.", **COUNTS)
    before = sql("SELECT * FROM messages"), sql("SELECT * FROM replies")
    assert api.finish(running, "Yes.", **COUNTS) == first
    assert api.finish(running, "No!", state="failed") == first
    assert (sql("SELECT * FROM messages"), sql("SELECT * FROM replies")) == before


def test_a_finish_that_comes_too_late_is_told_how_much_is_stored(
    api: Api, ada: Person, chat: str, running: str, take_over: TakeOver
) -> None:
    api.store(running, "One two")
    ada.stop(chat, running)
    assert take_over(running, "next") is None, "it was to be stopped, and now it is"
    late = api.finish(running, "One two three")
    assert (late["reply"]["state"], late["length"]) == ("stopped", len("One two"))


def test_who_does_not_hold_it_cannot_finish_it(
    api: Api, ada: Person, chat: str, running: str
) -> None:
    queued = ada.send(chat)
    for reply, worker in ((running, "other"), (queued, "w"), (NOWHERE, "w")):
        problem(api.post_finish(reply, "x", worker=worker), 409, "lease-lost")
    assert ada.contents(chat) == ["Hi", "", "Hi", ""]
    api.finish(running, "Yes.")
    problem(api.post_finish(running, "Yes.", worker="other"), 409, "lease-lost")


def test_text_stored_already_is_not_stored_twice(
    api: Api, ada: Person, chat: str, running: str
) -> None:
    api.store(running, "One two")  # suppose the answer to this got lost
    api.finish(running, "One two three")
    assert ada.contents(chat)[-1] == "One two three"


@pytest.mark.parametrize(
    ("offset", "text", "step"), [(8, "x", 0), (0, "Two", 0), (4, "tw", 0), (2, "x", 0), (7, "x", 1)]
)
def test_text_that_does_not_join_is_refused(
    api: Api, ada: Person, chat: str, running: str, offset: int, text: str, step: int
) -> None:
    api.store(running, "One two")
    found = problem(api.post_finish(running, text, offset=offset, step=step), 409, "offset-differs")
    assert (found["step"], found["length"]) == (0, 7)
    message = ada.messages(chat)[-1]
    assert (message["content"], message["reply"]["state"]) == ("One two", "running")


def test_finishing_can_claim_the_next(api: Api, running: str, bob: Person) -> None:
    his = bob.send(bob.chat(), "Hi there")
    upcoming = api.finish(running, "Yes.", claim_next=True)["next"]
    assert (upcoming["reply"]["id"], upcoming["worker"]) == (his, "w")
    assert lines(upcoming["prompt"]) == [("user", "Hi there")]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"state": "queued"}, "state"),
        ({"state": "running"}, "state"),
        ({"offset": -1}, "offset"),
        ({"step": -1}, "step"),
        ({"text": "\0"}, "text"),
        ({"worker": ""}, "worker"),
        ({"model": "x" * 201}, "model"),
        ({"prompt_sha256": "A" * 64}, "prompt_sha256"),
        ({"prompt_sha256": "a" * 65}, "prompt_sha256"),
        ({"quotes": [{"start": 0, "end": 1}] * 1001}, "quotes"),
        ({"error": "model-broke"}, "error"),
        ({"error": {"kind": "unknown"}, "state": "failed"}, "error.kind"),
        ({"error": {"kind": "model-broke-off"}, "state": "failed"}, "error.kind"),
        ({"error": {"kind": "prompt-too-long", "size": -1}, "state": "failed"}, "error.size"),
    ],
)
def test_a_bad_finish_is_refused(
    api: Api, running: str, change: dict[str, Any], field: str
) -> None:
    assert [name for name, _ in reasons(api.post_finish(running, **change))] == [field]


@pytest.mark.parametrize("text", ["", "Once"])
def test_stopping_a_queued_reply_ends_it_with_its_text(
    api: Api, ada: Person, chat: str, running: str, text: str
) -> None:
    api.store(running, text)
    api.release()
    stopped = ada.stop(chat, running)
    assert (stopped["state"], stopped["queue_position"]) == ("stopped", None)
    assert (stopped["finished_at"] is not None, api.claim()) == (True, None)
    assert ada.contents(chat)[-1] == text


def test_stopping_a_running_reply_asks_its_runner(
    api: Api, ada: Person, chat: str, running: str
) -> None:
    api.store(running, "Once")
    assert ada.stop(chat, running)["state"] == "running"
    assert api.claim("another") is None, "and ends nothing that its runner still writes"
    final = api.finish(running, " upon", offset=4, state="stopped")["reply"]
    assert (final["state"], ada.contents(chat)[-1]) == ("stopped", "Once upon")
    assert ada.stop(chat, running) == final, "a final one stays as it is"


def test_of_a_chat_s_unfinished_replies_only_the_one_that_is_named_is_stopped(
    ada: Person, chat: str, running: str
) -> None:
    queued = ada.send(chat)
    assert ada.stop(chat, queued)["state"] == "stopped"
    assert ada.reply(chat, running)["stop_requested"] is False
