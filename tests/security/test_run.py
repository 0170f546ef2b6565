"""What `make security` computes and writes."""

from pathlib import Path

import pytest

from faults.scenarios.scenario import Unavailable
from local.stack import ROOT
from security import __main__ as security_main
from security import table
from security.__main__ import report, run, run_row
from security.found import SHOWN, Found
from security.options import Options, read_options
from security.results import Result
from security.rows import ROWS, Row
from security.stage import Stage

CODE = "0123456789ab"


def look(found: Found, stage: Stage, short: bool) -> None:
    found.expect(True, "")
    found.see("1 thing")


def find(found: Found, stage: Stage, short: bool) -> None:
    for number in range(SHOWN + 5):
        found.expect(False, f"hole {number}")
        found.expect(False, f"hole {number}")


def lack(found: Found, stage: Stage, short: bool) -> None:
    raise Unavailable("no tool here")


def break_off(found: Found, stage: Stage, short: bool) -> None:
    raise KeyError("id")


MADE = tuple(
    Row(check.__name__, f"To {check.__name__}", check) for check in (look, find, lack, break_off)
)


@pytest.fixture
def found() -> dict[str, Found]:
    return {row.name: run_row(row, Stage(), False) for row in MADE}


def test_the_table_says_of_each_row_what_was_tried_seen_and_held(found: dict[str, Found]) -> None:
    results = [Result(name, "2026-01-02", CODE, "security", each) for name, each in found.items()]
    never = Row("never", "To wait", look)
    lines = table.render((*MADE, never), results, CODE).splitlines()
    assert lines[3] == "Measured 2026-01-02 by `security`."
    assert lines[7:12] == [
        "| To look | 1 | 1 thing | held |",
        f"| To find | {2 * (SHOWN + 5)} | – | **{SHOWN + 5} violations** |",
        "| To lack | – | not measured: no tool here | – |",
        "| To break_off | 0 | – | **1 violations** |",
        "| To wait | – | not measured: not run on this code | – |",
    ]
    told = [line for line in lines if line.startswith("- ")]
    assert told[0] == "- find: hole 0"
    assert told[SHOWN:] == ["- find: and 5 more", "- break_off: it broke off: KeyError: 'id'"]


@pytest.fixture
def scorecard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One of its own, and a place of its own for what was found."""
    page = tmp_path / "scorecard.md"
    monkeypatch.setattr(security_main, "SCORECARD", page)
    monkeypatch.setattr(security_main, "ROWS", MADE)
    monkeypatch.setattr("security.results.FOLDER", tmp_path / "kept")
    monkeypatch.setattr(table, "find_code", lambda: CODE)
    return page


def run_these(*options: str) -> int:
    read = read_options(list(options), [row.name for row in MADE])
    return report(read, run(read, Stage()))


def test_rows_that_are_run_by_themselves_add_up_on_the_same_code(
    scorecard: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_these("--rows=look") == 0
    assert run_these("--rows=find") == 1
    lines = scorecard.read_text().splitlines()
    assert "| To look | 1 | 1 thing | held |" in lines
    assert f"| To find | {2 * (SHOWN + 5)} | – | **{SHOWN + 5} violations** |" in lines
    assert "| To lack | – | not measured: not run on this code | – |" in lines
    monkeypatch.setattr(table, "find_code", lambda: "other code")
    run_these("--rows=find")
    assert "| To look | – | not measured: not run on this code | – |" in scorecard.read_text()


def test_a_short_run_is_not_written_down(scorecard: Path) -> None:
    assert run_these("--short") == 1
    assert not scorecard.exists()
    run_these("--rows=look")
    assert "To find | –" in scorecard.read_text(), "nothing of it was kept"


def test_the_exit_code_is_0_if_nothing_was_violated(found: dict[str, Found]) -> None:
    good = {name: each for name, each in found.items() if not each.violations}
    assert len(good) == 2
    assert report(Options(short=True), good) == 0


def test_the_scorecard_has_room_for_what_a_run_writes() -> None:
    page = (ROOT / "docs" / "scorecard.md").read_text()
    assert page.count("written by `make security`: begin") == 1


def test_an_unknown_row_is_refused() -> None:
    with pytest.raises(SystemExit):
        read_options(["--rows", "nothing"], [row.name for row in ROWS])


@pytest.mark.parametrize("ci", ["", "true"])
def test_without_nginx_rows_are_skipped_but_never_in_ci(
    ci: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("security.stage.nginx", lambda: None)
    monkeypatch.setenv("CI", ci)
    found = run_row(next(row for row in ROWS if row.name == "cross-site"), Stage(), True)
    assert (bool(found.skipped), bool(found.violations)) == (not ci, bool(ci))
