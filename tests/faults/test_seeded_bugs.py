"""The harness proves itself: with each of these bugs seeded it turns red, without it green."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.options import Options
from faults.running import Run, Stage
from faults.stack import SETTINGS, Parley
from local.stack import ROOT
from tests.faults.bugs import BUGS, Bug, Change
from tests.support import program
from tests.support.local_stack import LocalStack

LEFT_OUT = shutil.ignore_patterns(".git", ".cache", ".mypy_cache", ".ruff_cache", "__pycache__")


class Copy:
    """A Parley that runs from a copy of the tree. Bugs are seeded into it one after the other."""

    def __init__(self, tree: Path, parley: Parley) -> None:
        self._tree, self._parley = tree, parley
        self._seeded: tuple[Change, ...] = ()

    def seed(self, bug: Bug) -> None:
        """Takes the last bug back, makes the changes of this one and restarts the services that
        either is in. Fails if the code has moved on and a change no longer fits exactly."""
        files = {change.file for change in (*self._seeded, *bug.changes)}
        for file in files:
            shutil.copy(ROOT / file, self._tree / file)
        self._seeded = bug.changes
        for change in bug.changes:
            path = self._tree / change.file
            text = path.read_text()
            assert text.count(change.old) == change.times, f"{change.file}: {change.old!r}"
            path.write_text(text.replace(change.old, change.new))
        subprocess.run(
            [self._tree / "db-api" / "migrate"],
            env=self._parley.local.environment("db-api"),
            check=True,
        )
        for service in {file.partition("/")[0] for file in files}:
            before = self._parley.kill(service)
            asyncio.run(self._parley.wait_until_replaced(service, before))

    def run_harness(self, *scenarios: str) -> tuple[int, list[str]]:
        """As `python -m faults --quick` would: the exit code, and what was seen broken."""
        options = Options(5, scenarios, quick=True, kills=None, command="a test")
        run = Run(options, Stage(self._parley))
        return asyncio.run(run.run()), run.violations


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    """Without a bug; `.cache` is shared, so nothing is installed or fetched again."""
    tree = tmp_path_factory.mktemp("tree") / "parley"
    shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
    (tree / ".cache").symlink_to(ROOT / ".cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "ROOT", tree)
        with LocalStack(None, None, **SETTINGS) as local:
            local.wait_until_model_is_ready()
            yield Copy(tree, Parley(local))


def test_without_a_bug_the_same_scenarios_are_green(copy: Copy) -> None:
    assert copy.run_harness(*(bug.scenario for bug in BUGS)) == (0, [])


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name.replace(" ", "-"))
def test_with_the_bug_it_turns_red(bug: Bug, copy: Copy) -> None:
    copy.seed(bug)
    code, violations = copy.run_harness(bug.scenario)
    assert code == 1
    assert any(words.startswith(f"{bug.promise}:") for words in violations), violations
