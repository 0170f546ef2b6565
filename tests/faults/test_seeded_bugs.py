"""The harness proves itself: with each of these bugs seeded it turns red, without it green."""

import asyncio
import subprocess
from collections.abc import Iterator

import pytest

from faults.options import Options
from faults.running import Run, Stage
from faults.stack import SETTINGS, Parley
from tests.faults.bugs import BUGS, Bug
from tests.support.local_stack import LocalStack
from tests.support.seeding import SeededTree, copy_tree


class Copy:
    """A Parley that runs from a copy of the tree. Bugs are seeded into it one after the other."""

    def __init__(self, tree: SeededTree, parley: Parley) -> None:
        self._tree, self._parley = tree, parley

    def seed(self, bug: Bug) -> None:
        """Seeds this bug instead of the last one and restarts the services that either is in."""
        services = self._tree.seed(bug.changes)
        subprocess.run(
            [self._tree.path / "db-api" / "migrate"],
            env=self._parley.local.environment("db-api"),
            check=True,
        )
        for service in services:
            before = self._parley.kill(service)
            asyncio.run(self._parley.wait_until_replaced(service, before))

    def run_harness(self, *scenarios: str) -> tuple[int, list[str]]:
        """As `python -m faults --quick` would: the exit code, and what was seen broken."""
        options = Options(5, scenarios, quick=True, kills=None, command="a test")
        run = Run(options, Stage(self._parley))
        return asyncio.run(run.run()), run.violations


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    """Without a bug."""
    with (
        copy_tree(tmp_path_factory.mktemp("tree")) as tree,
        LocalStack(None, None, **SETTINGS) as local,
    ):
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
