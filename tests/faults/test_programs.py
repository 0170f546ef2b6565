"""What a program was sent is held against what is stored: one answer, but for one that was complete
before its cut could be known."""

from typing import Any

import pytest

from faults.program import Answer
from faults.scenarios.programs import check
from tests.faults.scripted import make_trial

CUT, SEEN = 1000.0, "one"
WHOLE = ("one two", "complete", 2, CUT + 5)


@pytest.mark.parametrize(
    ("rows", "promise"),
    [
        ([WHOLE], None),
        ([], "I4"),
        ([("one three", "complete", 2, CUT + 0.1), WHOLE], None),
        ([("one three", "complete", 2, CUT + 2), WHOLE], "I4"),
        ([("one three", "running", 2, None), WHOLE], "I4"),
        ([("one two", "failed", 2, CUT + 5)], "I2"),
        ([("one", "complete", 1, CUT + 5)], "join"),
        ([("two", "complete", 2, CUT + 0.1), ("two", "complete", 2, CUT + 5)], "join"),
    ],
)
def test_the_answer_is_the_stored_one(rows: list[Any], promise: str | None) -> None:
    trial = make_trial()
    trial.parley.sql = lambda *_: rows  # type: ignore[method-assign]
    check(trial, Answer("What?", "one two", [SEEN], CUT))
    found = [each.partition(":")[0] for each in trial.found.violations]
    assert found[:1] == [promise] * bool(promise)


def test_what_was_seen_is_the_beginning_of_an_answer() -> None:
    trial = make_trial()
    trial.parley.sql = lambda *_: [WHOLE]  # type: ignore[method-assign]
    check(trial, Answer("What?", "one two", ["two"], CUT))
    assert [each.partition(":")[0] for each in trial.found.violations] == ["I3"]
