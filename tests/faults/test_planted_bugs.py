"""The harness proves itself: with each of these bugs planted it turns red, without it green."""

from pathlib import Path

import pytest

from tests.faults.bugs import BUGS
from tests.faults.planting import Bug, copy_tree, plant, run_harness


def test_without_a_bug_the_same_scenarios_are_green(tmp_path: Path) -> None:
    run = run_harness(copy_tree(tmp_path), *(bug.scenario for bug in BUGS))
    assert run.code == 0, run.output
    assert run.broken == set()


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name.replace(" ", "-"))
def test_with_the_bug_it_turns_red(bug: Bug, tmp_path: Path) -> None:
    copy = copy_tree(tmp_path)
    plant(copy, bug)
    run = run_harness(copy, bug.scenario)
    assert run.code == 1, run.output
    assert bug.promise in run.broken, run.output
