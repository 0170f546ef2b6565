"""The scorecard says what was measured, and what was not."""

from collections import Counter
from pathlib import Path

import pytest

from faults import table
from faults.findings import Findings
from faults.results import Result
from faults.scenarios import SCENARIOS
from tests.support.marked import replace_marked

BEGIN = "<!-- written by `make faults`: begin -->"
END = "<!-- written by `make faults`: end -->"


def render(*found: Findings, scenario: str = "kills", skipped: str = "") -> str:
    """The section of so many parts."""
    about = ("2026-01-02T03:04:05+00:00", "a machine", "a model", "abc", "python -m faults")
    parts = [Result(scenario, 7, 5, *about, found=f, skipped=skipped) for f in found]
    return table.render(parts, SCENARIOS)


def test_parts_add_up_and_what_is_missing_is_said() -> None:
    parts = ({"page after db": [1.0, 2.0]}, {"page after db": [3.0]})
    text = render(*(Findings(Counter({"kills of db": 5}), figures) for figures in parts))
    assert "| db | 10 | median 2.0, p95 3.0, max 3.0 (3) | not measured | – |" in text
    assert text.count("| not measured |") > len(SCENARIOS)
    assert "held, 0 violations" in text


def test_a_violation_and_a_missed_goal_stand_in_the_table() -> None:
    text = render(Findings(violations=["I1: gone (chat c)"], missed=["slow"]))
    assert "**1 violations**; goal missed: slow" in text
    assert "- kills, seed 7: I1: gone (chat c)" in text


def test_what_was_skipped_says_why() -> None:
    assert "| – | not measured: only root can | – |" in render(
        Findings(), scenario="whole-disk", skipped="only root can"
    )


def test_the_rest_of_the_page_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "scorecard.md"
    page.write_text(f"# Mine\n\n{BEGIN}\nold\n{END}\n\n## 2. Somebody else's\n")
    for _ in range(2):
        replace_marked(page, "make faults", "new\n")
    assert page.read_text() == f"# Mine\n\n{BEGIN}\nnew\n{END}\n\n## 2. Somebody else's\n"


@pytest.mark.parametrize(
    ("pages", "replies", "verdict"),
    [
        ([1.0] * 20, [2.0] * 19 + [60.0], "reached."),
        ([1.0] * 20, [2.0] * 18 + [6.0] * 2, "**missed**, reply after nginx: p95 6.0 s, not 5 s."),
        ([61.0] + [1.0] * 20, [2.0], "**missed**, page after db: longest 61.0 s, not 60 s."),
    ],
)
def test_goals_are_judged_for_each_service(
    pages: list[float], replies: list[float], verdict: str
) -> None:
    text = render(Findings(figures={"page after db": pages, "reply after nginx": replies}))
    goals = "p95 at most 5 s after a kill of each, never more than 60 s"
    assert text.endswith(f"\nGoals: {goals}: {verdict}\n")
