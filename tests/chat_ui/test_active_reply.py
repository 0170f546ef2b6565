"""A reply in the memory of the runner: what is stored, shown and counted of it."""

from typing import Any
from uuid import uuid4

import pytest
from app.clients.completion import Usage
from app.clients.types import Reply
from app.clients.work import Batch, BatchResult, Claim, FinishResult, Step
from app.replies.active_reply import (
    HEARTBEAT_SECONDS,
    STATUS_SECONDS,
    ActiveReply,
    Outcome,
    Sampling,
)

SAMPLING = Sampling(temperature=0, reply_tokens=100)


class Clock:
    """Stands still unless it is moved."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("time.monotonic", clock)
    return clock


def begin(*steps: str, **before: Any) -> ActiveReply:
    """A reply of which this much was there when it was claimed."""
    reply = Reply(id=uuid4(), state="running", **before)
    written = [Step(text=text) for text in steps]
    claim = Claim(reply=reply, chat_id=uuid4(), worker="w", steps=written, prompt=[], attempts=0)
    return ActiveReply(claim, SAMPLING)


def confirm(batch: Batch, length: int) -> BatchResult:
    step = batch.step
    return BatchResult(id=batch.id, held=True, stop_requested=False, step=step, length=length)


def shown(active: ActiveReply) -> list[tuple[int, str]]:
    return [(step.number, step.text) for step in active.update().steps]


def test_what_watchers_see_is_what_db_api_has_confirmed() -> None:
    active = begin()
    active.write("one")
    assert shown(active) == [(0, "")]
    batch = active.take_batch()
    active.write(" two")  # comes while the batch is on its way
    active.settle(confirm(batch, length=3))
    assert shown(active) == [(0, "one")]
    assert active.text.whole == "one two"


def test_a_batch_whose_answer_got_lost_is_not_stored_twice() -> None:
    active = begin()
    active.write("one")
    active.take_batch()  # stored, but nobody heard
    active.write(" two")
    active.settle(confirm(active.take_batch(), length=3))
    assert (active.text.stored, active.text.pending) == ("one", " two")


def test_the_last_step_of_a_claim_is_continued_and_offsets_count_its_text() -> None:
    active = begin("Searching. ", "Found")
    assert active.text.whole == "Searching. Found"
    active.write(" it.")
    batch = active.take_batch()
    assert (batch.step, batch.offset, batch.text) == (1, 5, " it.")
    active.settle(BatchResult(id=active.id, held=True, stop_requested=False, step=0, length=9))
    assert active.text.pending == " it.", "that was another step"
    active.settle(confirm(batch, length=9))
    assert shown(active) == [(0, "Searching. "), (1, "Found it.")]
    ending = active.end(Outcome("complete"), "w")
    assert (ending.step, ending.offset, ending.text) == (1, 9, "")
    finished = FinishResult(reply=active.claim.reply, length=13, next=None)
    assert [step.text for step in active.final_update(finished).steps] == ["Searching. ", "Fo"]


@pytest.mark.parametrize(
    ("deltas", "first"),
    [
        (["The", " sea"], [True, False]),
        (["13", ".", " Na", "me"], [True, True, True, False]),
        (["1"] * 22, [True] * 20 + [False] * 2),
    ],
)
def test_what_comes_is_urgent_until_there_is_a_word(deltas: list[str], first: list[bool]) -> None:
    active = begin()
    assert [active.write(delta) for delta in deltas] == first


def test_a_mere_status_waits_until_the_first_word_may_have_come_and_text_never_waits(
    clock: Clock,
) -> None:
    active = begin()
    active.read(3, 30)
    assert not active.is_due(clock.now + STATUS_SECONDS / 2)
    assert active.is_due(clock.now + STATUS_SECONDS)
    active.write("one")
    assert active.is_due(clock.now)
    active.settle(confirm(active.take_batch(), length=3))
    assert not active.is_due(clock.now + STATUS_SECONDS), "nothing is new"
    assert active.is_due(clock.now + HEARTBEAT_SECONDS), "the lease"


def test_tokens_and_time_add_up_over_all_who_wrote_a_reply(clock: Clock) -> None:
    active = begin("zero", completion_tokens=40, first_token_ms=80, total_ms=2000)
    active.write("one")
    active.count(Usage(prompt_tokens=140, completion_tokens=10), before=40)
    clock.now += 1
    ending = active.end(Outcome("complete"), "w")
    assert (ending.prompt_tokens, ending.completion_tokens) == (100, 50)
    assert (ending.first_token_ms, ending.total_ms) == (80, 3000)


def test_the_time_a_model_was_away_is_not_the_replys(clock: Clock) -> None:
    active = begin()
    clock.now += 1
    active.wait()
    clock.now += 10
    assert active.clock.elapsed_ms == 1000
    active.write("one")
    assert active.clock.elapsed_ms == active.progress.first_token_ms == 1000
