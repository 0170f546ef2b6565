"""A wait is booked on the kill that caused it, and none that is too long gets away."""

import time

from faults.scenarios.kills import Kill, find_interrupted, judge, judge_waits
from faults.shown import Notes
from faults.trial import Trial
from tests.faults.scripted import make_trial


def make_kill(*replies: str, alone: bool = True) -> Kill:
    """A kill of db at second 100, after which the page was back at 102."""
    return Kill("db", 100.0, 0, list(replies), back=2.0, well=3.0, alone=alone)


def show(trial: Trial, reply: str, *grew_at: float, final_at: float | None = None) -> None:
    trial.shown.replies[reply] = Notes("a-chat", grew_at=list(grew_at), final_at=final_at)


def promises(trial: Trial) -> list[str]:
    return [violation.promise for violation in trial.violations]


def test_a_reply_that_an_earlier_kill_stopped_is_not_booked_on_the_next() -> None:
    trial, now = make_trial(), time.monotonic()
    show(trial, "stopped earlier", now - 1.2)
    show(trial, "going on", now - 1.2, now - 0.1)
    show(trial, "over", now - 0.1, final_at=now)
    previous = Kill("chat-ui", now - 1.1, 0, ["stopped earlier"], back=0.6)
    assert find_interrupted(trial, previous) == (["going on"], 1)
    assert find_interrupted(trial, None) == (["stopped earlier", "going on"], 0)


def test_of_lm_api_the_pages_say_nothing() -> None:
    kill = Kill("lm-api", 100.0, 0, [], back=0.1, well=4.0)
    assert kill.over == 104.0


def test_how_long_each_reply_took_to_go_on() -> None:
    trial = make_trial()
    show(trial, "again", 99.9, 101.0, 105.0)
    show(trial, "ended", 99.9, final_at=107.0)
    show(trial, "ended before it was back", 99.9, final_at=101.0)
    judge(trial, make_kill("again", "ended", "ended before it was back"))
    assert trial.figures["reply after db"] == [5.0, 7.0]
    assert trial.counts["replies that had ended before it was back"] == 1
    assert promises(trial) == []


def test_with_nothing_else_killed_every_reply_goes_on_within_a_minute() -> None:
    trial = make_trial()
    show(trial, "late", 99.9, 161.0)
    show(trial, "never", 99.9)
    judge(trial, make_kill("late", "never"))
    assert promises(trial) == ["back", "back"]
    assert trial.figures["reply after db"] == [61.0]
    assert trial.counts["replies that never went on"] == 1


def test_with_the_next_kill_not_held_back_a_wait_is_nobodys_own() -> None:
    trial = make_trial()
    show(trial, "late", 99.9, 161.0)
    show(trial, "never", 99.9)
    judge(trial, make_kill("late", "never", alone=False))
    assert promises(trial) == []
    assert "reply after db" not in trial.figures


def test_missed_goals_are_noted() -> None:
    trial = make_trial()
    trial.figures["page after db"] = [1.0]
    trial.figures["reply after db"] = [1.0, 2.0]
    judge_waits(trial)
    assert trial.missed == []
    trial.figures["reply after chat-ui"] = [25.0]
    judge_waits(trial)
    assert trial.missed == ["reply after a kill: p95 25.0 s, not 20 s"]
