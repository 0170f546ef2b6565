"""A wait is booked on the kill that caused it, none that is too long gets away, and a bad join is
told from a model that chose other words."""

import time

import pytest

from faults.recovery import describe_missed, list_missed, percentile
from faults.scenarios.join import find_gap
from faults.scenarios.kills import Kill, find_interrupted, judge
from faults.shown import Notes
from faults.trial import Trial
from tests.faults.scripted import make_trial

ALONE = "Once upon a time there was a keeper of a lighthouse who loved the sea and its many ships."


@pytest.fixture
def trial() -> Trial:
    return make_trial()


def show(trial: Trial, reply: str, *grew_at: float, final_at: float | None = None) -> None:
    trial.shown.replies[reply] = Notes("a-chat", grew_at=list(grew_at), final_at=final_at)


def judge_kill(trial: Trial, *, alone: bool = True) -> None:
    """A kill of db at second 100 that interrupted all replies; the page was back at 102."""
    replies = list(trial.shown.replies)
    judge(trial, Kill("db", 100.0, 0, replies, back=2.0, over=102.0, alone=alone))


def test_a_reply_that_an_earlier_kill_stopped_is_not_booked_on_the_next(trial: Trial) -> None:
    now = time.monotonic()
    show(trial, "stopped earlier", now - 1.2)
    show(trial, "continued", now - 1.2, now - 0.1)
    show(trial, "over", now - 0.1, final_at=now)
    previous = Kill("chat-ui", now - 1.1, 0, ["stopped earlier"], over=now - 0.5)
    assert find_interrupted(trial, previous) == ["continued"]
    assert find_interrupted(trial, None) == ["stopped earlier", "continued"]


def test_how_long_each_reply_took_to_continue(trial: Trial) -> None:
    show(trial, "again", 99.9, 101.0, 105.0)
    show(trial, "ended", 99.9, final_at=107.0)
    show(trial, "ended before it was back", 99.9, final_at=101.0)
    judge_kill(trial)
    assert trial.found.figures["reply after db"] == [5.0, 7.0]
    assert trial.found.counts["replies that had ended before it was back"] == 1
    assert trial.found.broken == []


@pytest.mark.parametrize(
    ("alone", "promises", "figures"), [(True, ["back", "back"], [61.0]), (False, [], [])]
)
def test_with_nothing_else_killed_every_reply_continues_within_a_minute(
    trial: Trial, alone: bool, promises: list[str], figures: list[float]
) -> None:
    show(trial, "late", 99.9, 161.0)
    show(trial, "never", 99.9)
    judge_kill(trial, alone=alone)
    assert trial.found.broken == promises
    assert trial.found.figures["reply after db"] == figures


def test_each_service_has_to_reach_the_goals_itself() -> None:
    figures = {"page after db": [1.0] * 99, "reply after db": [1.0, 2.0], "bare after db": [9.0]}
    assert list_missed(figures) == []
    figures["reply after chat-ui"] = [6.0]
    assert list_missed(figures) == ["reply after chat-ui: p95 6.0 s, not 5 s"]


@pytest.mark.parametrize(
    ("waits", "missed"),
    [
        ([], []),
        ([5.0] * 99 + [60.0], []),
        ([6.0] * 9 + [1.0], ["p95 6.0 s, not 5 s"]),
        ([1.0] * 99 + [61.0], ["longest 61.0 s, not 60 s"]),
    ],
)
def test_a_goal_is_missed_by_more_than_it_says(waits: list[float], missed: list[str]) -> None:
    assert describe_missed(waits) == missed


@pytest.mark.parametrize(("values", "p95"), [([float(n) for n in range(1, 101)], 95), ([4.0], 4)])
def test_percentiles(values: list[float], p95: float) -> None:
    assert percentile(values, 95) == p95


@pytest.mark.parametrize(
    ("continued", "gap"),
    [
        (ALONE[:30] + ALONE[33:], "lost"),
        (ALONE[:30] + ALONE[25:], "repeated"),
        (ALONE, ""),
        (ALONE[:30] + "man who had nothing to do with anything at all", ""),
        (ALONE[:50] + ALONE[53:], ""),  # not where it was joined
        (ALONE[:60], ""),
    ],
)
def test_a_lost_or_repeated_piece_is_found_and_other_words_are_none(
    continued: str, gap: str
) -> None:
    assert find_gap(ALONE, continued, 30).partition(" ")[0] == gap
