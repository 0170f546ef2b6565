"""The scorecard says what was measured, and what was not."""

from pathlib import Path

from faults import table
from faults.results import Result
from faults.scenarios import SCENARIOS

BEGIN = "<!-- written by `make faults`: begin -->"
END = "<!-- written by `make faults`: end -->"


def part(**values: object) -> Result:
    known: dict[str, object] = {
        "scenario": "kills",
        "seed": 7,
        "date": "2026-01-02T03:04:05+00:00",
        "machine": "a machine",
        "model": "a model",
        "code": "abc",
        "command": "python -m faults",
    }
    return Result(**(known | values))  # type: ignore[arg-type]


def test_parts_add_up_and_what_is_missing_is_said() -> None:
    parts = [
        part(counts={"kills of db": 5}, figures={"page after db": [1.0, 2.0]}, size=5),
        part(counts={"kills of db": 2}, figures={"page after db": [3.0]}, size=2),
    ]
    text = table.render(parts, SCENARIOS)
    assert "| db | 7 | median 2.0, p95 3.0, max 3.0 (3) | not measured |" in text
    assert text.count("| not measured |") > len(SCENARIOS)
    assert "held, 0 violations" in text


def test_a_violation_and_a_missed_goal_stand_in_the_table() -> None:
    text = table.render([part(violations=["I1: gone (chat c)"], missed=["slow"])], SCENARIOS)
    assert "**1 violations**; goal missed: slow" in text
    assert "- kills, seed 7: I1: gone (chat c)" in text


def test_what_was_skipped_says_why() -> None:
    text = table.render([part(scenario="whole-disk", skipped="only root can")], SCENARIOS)
    assert "| – | not measured: only root can | – |" in text


def test_the_rest_of_the_page_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "scorecard.md"
    page.write_text(f"# Mine\n\n{BEGIN}\nold\n{END}\n\n## 2. Somebody else's\n")
    for _ in range(2):
        table.write([part()], SCENARIOS, page)
    text = page.read_text()
    assert text.startswith("# Mine\n\n")
    assert text.endswith("\n\n## 2. Somebody else's\n")
    assert "old" not in text
    assert text.count(BEGIN) == 1


def judge(**figures: list[float]) -> str:
    named = {name.replace("_", " "): values for name, values in figures.items()}
    text = table.render([part(figures=named)], SCENARIOS)
    return next(line for line in text.splitlines() if line.startswith("Goals:"))


def test_goals_are_judged_by_the_kills_whose_waits_can_be_told() -> None:
    fine = {"page_after_db": [1.0] * 20, "reply_after_db": [2.0] * 19 + [60.0]}
    assert judge(**fine).endswith("reached.")
    assert judge(**fine | {"reply, the next kill not held back": [90.0]}).endswith("reached.")
    assert "**missed**, p95 21.0 s" in judge(**fine | {"reply_after_nginx": [21.0] * 2})
    assert "**missed**, longest 61.0 s" in judge(**fine | {"page_after_nginx": [61.0]})


def test_replies_that_never_went_on_miss_the_goals() -> None:
    parts = [part(counts={"replies that never went on": 1}, figures={"page after db": [1.0]})]
    assert "**missed**, 1 replies never went on" in table.render(parts, SCENARIOS)
