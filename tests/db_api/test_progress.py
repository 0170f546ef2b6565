"""Text is stored for whoever holds the reply, where its last step ends, and nowhere else."""

from typing import Any

import pytest

from tests.db_api.api import NOWHERE, Api, Person, body, problem, reasons
from tests.db_api.conftest import Sql, TakeOver


def test_text_grows_and_is_read_at_once(api: Api, ada: Person, chat: str, running: str) -> None:
    first = api.store(running, "Grüße", prompt_tokens=20, prompt_tokens_read=20, first_token_ms=7)
    told = {"id": running, "held": True, "stop_requested": False, "paused": False, "step": 0}
    assert first == told | {"length": 5}
    assert api.store(running, " 😀", 5) == told | {"length": 7}
    message = ada.messages(chat)[-1]
    reply = message["reply"]
    assert (message["content"], reply["phase"]) == ("Grüße 😀", "writing")
    # A later batch without them keeps them.
    assert (reply["prompt_tokens_read"], reply["first_token_ms"]) == (20, 7)


@pytest.mark.parametrize(
    ("batch", "held"),
    [
        *(({"offset": offset}, True) for offset in (0, 4, 6, 2**31 - 1)),
        ({"step": 1, "offset": 5}, True),
        ({"step": 2, "offset": 0}, True),
        ({"offset": 5, "worker": "other"}, False),
    ],
)
def test_what_does_not_join_changes_nothing(
    api: Api, running: str, sql: Sql, batch: dict[str, Any], held: bool
) -> None:
    api.store(running, "Hello")
    before = sql("SELECT * FROM replies")
    told = {"id": running, "held": held, "stop_requested": False, "paused": False, "step": 0}
    assert api.store(running, "x", **batch) == told | {"length": 5 if held else 0}
    assert sql("SELECT * FROM replies") == before


def test_a_step_begins_right_after_the_last_one_and_counts_its_own_text(
    api: Api, ada: Person, chat: str, running: str, take_over: TakeOver
) -> None:
    assert api.store(running, "Se", step=1)["step"] == 0, "none begins before the first has text"
    api.store(running, "First 😀")
    assert api.store(running, "", step=1)["step"] == 0, "nor without any of its own"
    second = api.store(running, "Se", step=1)
    assert (second["step"], second["length"]) == (1, 2)
    assert api.store(running, "x", 7)["step"] == 1, "the first is over"
    assert api.store(running, "cond", 2, step=1)["length"] == 6
    assert ada.contents(chat)[-1] == "First 😀Second"
    assert take_over(running)["steps"] == [
        {"kind": "text", "text": "First 😀"},
        {"kind": "text", "text": "Second"},
    ]
    problem(api.post_finish(running, "!", offset=7), 409, "offset-differs")
    found = problem(api.post_finish(running, "!", offset=7, step=1), 409, "offset-differs")
    assert (found["step"], found["length"]) == (1, 6)
    assert api.finish(running, "Second.", step=1)["length"] == 14
    assert ada.contents(chat)[-1] == "First 😀Second."


def test_a_new_step_is_progress(api: Api, running: str, take_over: TakeOver) -> None:
    """Also one that is shorter than the step before it."""
    api.store(running, "A long step")
    take_over(running)
    api.store(running, "x", step=1)
    assert take_over(running)["attempts"] == 0


def test_a_heartbeat_renews_the_lease_by_the_database_s_clock(
    api: Api, running: str, sql: Sql
) -> None:
    ((before,),) = sql("UPDATE replies SET lease_until = now() + '1 s' RETURNING clock_timestamp()")
    api.store(running, "", phase="reading")
    renewed = "SELECT lease_until - lease_length() BETWEEN %s AND clock_timestamp() FROM replies"
    assert sql(renewed, before) == [(True,)]


def test_a_runner_that_goes_on_adds_to_the_counts_but_the_first_word_stays(
    api: Api, running: str, take_over: TakeOver
) -> None:
    api.store(running, "One", completion_tokens=1, first_token_ms=90, total_ms=120)
    claimed = take_over(running)["reply"]
    assert (claimed["completion_tokens"], claimed["total_ms"]) == (1, 120)
    counts: dict[str, Any] = {"completion_tokens": 2, "first_token_ms": 400}
    api.store(running, " two", 3, **counts, total_ms=500)
    told = api.finish(running, "", offset=7, **counts, total_ms=510)["reply"]
    assert told["first_token_ms"] == 90
    assert (told["completion_tokens"], told["total_ms"]) == (2, 510)


def test_one_call_stores_for_all_replies(api: Api, ada: Person) -> None:
    chats = [ada.chat() for _ in range(2)]
    replies = [ada.send(chat, worker="w") for chat in chats]
    lost = ada.send(ada.chat())
    batches = [{"id": reply, "offset": 0, "text": reply} for reply in (*replies, lost)]
    stored = {a["id"]: a["length"] for a in body(api.post_progress(*batches))["replies"]}
    assert stored == {replies[0]: 36, replies[1]: 36, lost: 0}
    assert [ada.contents(chat)[-1] for chat in chats] == replies
    assert body(api.post_progress()) == {"replies": []}


def test_a_stop_is_heard_with_the_next_heartbeat(
    api: Api, ada: Person, chat: str, running: str
) -> None:
    assert ada.stop(chat, running)["stop_requested"] is True
    for offset in (0, 7):
        assert api.store(running, "", offset)["stop_requested"] is True


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("id", "x", "invalid"),
        ("step", -1, "out-of-range"),
        ("offset", -1, "out-of-range"),
        ("offset", 2**31, "out-of-range"),
        ("text", "\0", "invalid"),
        ("phase", "thinking", "invalid"),
        ("prompt_tokens", -1, "out-of-range"),
    ],
)
def test_a_bad_batch_is_refused(api: Api, field: str, value: Any, reason: str) -> None:
    batch = {"id": NOWHERE, "offset": 0, "text": "x", "phase": "writing"} | {field: value}
    assert reasons(api.post_progress(batch)) == [(f"replies.0.{field}", reason)]


def test_a_thousand_batches_are_taken_at_once_and_no_more(api: Api) -> None:
    batches = [{"id": NOWHERE, "offset": 0, "text": "x", "phase": "writing"}] * 1001
    assert reasons(api.post_progress(*batches)) == [("replies", "invalid")]
    assert api.post_progress(*batches[1:]).is_success
