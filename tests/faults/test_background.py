"""What OpenAI's SDK joined is held against what is stored, and without the SDK the row says why."""

import asyncio
from typing import Any

import pytest

from faults.running import attempt
from faults.scenarios import SCENARIOS, background
from faults.scenarios.background import check
from faults.scenarios.scenario import Unavailable
from faults.sdk_process import Told
from local.say import Problem
from tests.faults.scripted import make_trial

WHOLE = Told("resp_1", "one two", 1, "incomplete")


@pytest.mark.parametrize(
    ("told", "rows", "promise"),
    [
        (WHOLE, [("one two", "complete", 2, 1.5)], None),
        (Told("resp_1", "one twotwo", 1, "completed"), [("one two", "complete", 2, 1.5)], "join"),
        (Told("resp_1", "one two", 1, ""), [("one two", "complete", 2, 1.5)], "I2"),
        (WHOLE, [("one two", "failed", 2, 1.5)], "I2"),
        (WHOLE, [("one two", "complete", 2, 1.5)] * 2, "I4"),
        (WHOLE, [], "I4"),
    ],
)
def test_the_joined_text_is_the_stored_one(
    told: Told, rows: list[Any], promise: str | None
) -> None:
    trial = make_trial()
    trial.parley.sql = lambda *_: rows  # type: ignore[method-assign]
    check(trial, "What?", told)
    assert [each.partition(":")[0] for each in trial.found.violations] == [promise] * bool(promise)


def test_without_the_sdk_it_is_skipped_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise Problem("can't reach Python's package index")

    monkeypatch.setattr(background, "make_environment", fail)
    (scenario,) = (each for each in SCENARIOS if each.name == "background-kills")
    trial = make_trial()
    with pytest.raises(Unavailable, match="can't reach Python's package index"):
        asyncio.run(attempt(scenario, trial))
    assert trial.found.violations == []


def test_no_short_run_needs_the_sdk() -> None:
    (scenario,) = (each for each in SCENARIOS if each.name == "background-kills")
    assert not scenario.quick_size
