"""What `make security` computes and writes."""

from pathlib import Path

import pytest

from faults.scenarios.scenario import Unavailable
from local.stack import ROOT
from security import __main__ as security_main
from security import table
from security.__main__ import report, run_row
from security.found import SHOWN, Found
from security.options import Options, read_options
from security.rows import ROWS, Row
from security.stage import Stage


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
    lines = table.render(MADE, found, "Measured.").splitlines()
    assert lines[7:11] == [
        "| To look | 1 | 1 thing | held |",
        f"| To find | {2 * (SHOWN + 5)} | – | **{SHOWN + 5} violations** |",
        "| To lack | – | not measured: no tool here | – |",
        "| To break_off | 0 | – | **1 violations** |",
    ]
    told = [line for line in lines if line.startswith("- ")]
    assert told[0] == "- find: hole 0"
    assert told[SHOWN:] == ["- find: and 5 more", "- break_off: it broke off: KeyError: 'id'"]


@pytest.mark.parametrize(
    ("options", "written"), [([], True), (["--short"], False), (["--rows=cross-site"], False)]
)
def test_only_a_whole_run_is_written_down(
    found: dict[str, Found],
    options: list[str],
    written: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(security_main, "SCORECARD", tmp_path / "scorecard.md")
    assert report(read_options(options, [row.name for row in ROWS]), found) == 1
    assert (tmp_path / "scorecard.md").exists() == written


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
