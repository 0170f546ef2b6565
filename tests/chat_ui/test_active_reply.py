"""A reply in the memory of the runner: what is stored, shown and counted of it."""

import time
from typing import Any
from unittest.mock import Mock
from uuid import uuid4

import pytest
from app.clients.completion import Usage
from app.clients.prompt_types import PromptMessage, TextPart
from app.clients.queue_types import BatchResult, Claim, FinishResult, Step
from app.clients.types import Reply
from app.replies.active_reply import (
    HEARTBEAT_SECONDS,
    STATUS_SECONDS,
    ActiveReply,
    Outcome,
    Sampling,
)

from tests.chat_ui.support import replace_within


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """Does not run unless it is moved."""
    clock = Mock(now=1000.0)
    for module in ("app.replies.active_reply", "app.replies.stopwatch"):
        replace_within(monkeypatch, module, time, monotonic=lambda: clock.now)
    return clock


def begin(*steps: str, **before: Any) -> ActiveReply:
    """A reply of which this much was there when it was claimed."""
    reply = Reply(id=uuid4(), state="running", **before)
    written = [Step(text=text) for text in steps]
    claim = Claim(
        reply=reply,
        chat_id=uuid4(),
        session_id=uuid4(),
        worker="w",
        steps=written,
        prompt=[],
        passages=[],
        attempts=0,
    )
    return ActiveReply(claim, Sampling(temperature=0, reply_tokens=100))


def confirm(active: ActiveReply, length: int, step: int = 0) -> None:
    """What db-api says after a batch."""
    active.settle(
        BatchResult(
            id=active.id,
            held=True,
            stop_requested=False,
            paused=False,
            step=step,
            length=length,
        )
    )


def shown(active: ActiveReply) -> list[str]:
    return [step.text for step in active.update().steps]


def test_what_watchers_see_is_what_db_api_has_confirmed_and_nothing_is_stored_twice() -> None:
    active = begin()
    active.write("one")
    assert shown(active) == [""]
    active.take_batch()  # is stored, but nobody hears of that
    active.write(" two")
    active.take_batch()
    active.write(" three")  # comes while the batch is on its way
    confirm(active, 3)
    confirm(active, 2)  # an older answer
    assert shown(active) == ["one"]
    assert (active.text.pending, active.text.whole) == (" two three", "one two three")
    assert active.holds(active.claim)
    active.lost = True
    assert not active.holds(active.claim), "another worker writes it"


def test_the_last_step_of_a_claim_is_continued_and_offsets_count_its_text() -> None:
    active = begin("Searching. ", "Found")
    active.write(" it.")
    batch = active.take_batch()
    assert (batch.step, batch.offset, batch.text) == (1, 5, " it.")
    confirm(active, 9, step=0)  # that was another step
    assert shown(active) == ["Searching. ", "Found"]
    confirm(active, 9, step=1)
    assert shown(active) == ["Searching. ", "Found it."]
    ending = active.end(Outcome("complete"), "w")
    assert (ending.step, ending.offset, ending.text) == (1, 9, "")
    finished = FinishResult(reply=active.claim.reply, length=13, next=None)
    assert [step.text for step in active.final_update(finished).steps] == ["Searching. ", "Fo"]


def test_a_prompt_starts_at_its_first_message_which_the_system_prompt_is_none_of() -> None:
    active, start = begin(), uuid4()
    for message in (None, start, uuid4()):
        said = PromptMessage(role="user", parts=[TextPart(text="Hi")], message_id=message)
        active.given.append(said)
    assert active.end(Outcome("complete"), "w").prompt_start == start


def test_what_the_model_has_written_and_read_before_is_not_counted_as_new_to_it() -> None:
    active = begin()
    active.prompt += [
        PromptMessage(role="user", parts=[TextPart(text="x" * 900)]),
        PromptMessage(role="assistant", parts=[TextPart(text="y")]),
        PromptMessage(role="user", parts=[TextPart(text="Why?")]),
    ]
    assert active.count_characters() == len("Why?")
    del active.prompt[1:]
    assert active.count_characters() == 900


@pytest.mark.parametrize(
    ("deltas", "first"),
    [
        (["The", " sea"], [True, False]),
        (["13", ".", " Na", "me"], [True, True, True, False]),
        (["1"] * 22, [True] * 20 + [False] * 2),
    ],
)
def test_what_comes_is_urgent_until_there_is_a_word(deltas: list[str], first: list[bool]) -> None:
    assert list(map(begin().write, deltas)) == first


def test_a_mere_status_waits_until_the_first_word_may_have_come_and_text_never_waits(
    clock: Mock,
) -> None:
    active = begin()
    active.read(3, 30)
    assert not active.is_due(clock.now + STATUS_SECONDS / 2)
    assert active.is_due(clock.now + STATUS_SECONDS)
    active.write("one")
    assert active.is_due(clock.now)
    active.take_batch()
    confirm(active, 3)
    assert not active.is_due(clock.now + STATUS_SECONDS), "nothing is new"
    assert active.is_due(clock.now + HEARTBEAT_SECONDS), "the lease"


def test_tokens_and_time_add_up_over_all_who_wrote_a_reply(clock: Mock) -> None:
    active = begin("zero", completion_tokens=40, first_token_ms=80, total_ms=2000)
    active.write("one")
    active.count(Usage(prompt_tokens=140, completion_tokens=10), before=40)
    clock.now += 1
    ending = active.end(Outcome("complete"), "w")
    assert (ending.prompt_tokens, ending.completion_tokens) == (100, 50)
    assert (ending.first_token_ms, ending.total_ms) == (80, 3000)


def test_the_time_a_model_was_away_is_not_the_replys(clock: Mock) -> None:
    active = begin()
    clock.now += 1
    active.wait()
    clock.now += 10
    assert active.clock.elapsed_ms == 1000
    active.write("one")
    assert active.clock.elapsed_ms == active.progress.first_token_ms == 1000
