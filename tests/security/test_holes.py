"""`make security` proves itself: each guard that is removed turns its row red, and without that it
is green."""

import asyncio
import os
import subprocess
from collections.abc import Iterator

import pytest

from faults.stack import Parley
from local.nginx import nginx
from security.__main__ import run_row
from security.found import Found
from security.rows import ROWS
from security.stage import SETTINGS, Stage
from tests.security.holes import HOLES, Hole
from tests.support.local_stack import LocalStack
from tests.support.seeding import SeededTree, copy_tree


class Copy:
    """A Parley that runs from a copy of the tree, where holes are made one after the other."""

    def __init__(self, tree: SeededTree, parley: Parley) -> None:
        self._tree, self._parley = tree, parley

    def make(self, hole: Hole) -> None:
        """This one instead of the last, and the services that either is in restarted."""
        services = self._tree.seed(hole.changes)
        migrate = [self._tree.path / "db-api" / "migrate"]
        subprocess.run(migrate, env=self._parley.local.environment("db-api"), check=True)
        for service in services:
            before = self._parley.kill(service)
            asyncio.run(self._parley.wait_until_replaced(service, before))
        asyncio.run(self._parley.wait_until_well())

    def run(self, name: str) -> Found:
        """One row, in short; that of limits on a Parley that has some."""
        (row,) = (row for row in ROWS if row.name == name)
        with Stage(None if name == "limits" else self._parley.local) as stage:
            return run_row(row, stage, short=True)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    """Without a hole."""
    if not nginx():
        assert not os.environ.get("CI"), "CI needs nginx"
        pytest.skip("no nginx here (Debian: apt install nginx-light)")
    with (
        copy_tree(tmp_path_factory.mktemp("tree")) as tree,
        LocalStack(None, None, **SETTINGS) as parley,
    ):
        parley.wait_until_model_is_ready()
        yield Copy(tree, Parley(parley))


@pytest.mark.parametrize("row", sorted({hole.row for hole in HOLES}))
def test_without_a_hole_the_row_is_green(copy: Copy, row: str) -> None:
    found = copy.run(row)
    assert (found.violations, found.skipped) == ([], "")
    assert found.tried


@pytest.mark.parametrize("hole", HOLES, ids=lambda hole: hole.name.replace(" ", "-"))
def test_with_the_hole_its_row_is_red(copy: Copy, hole: Hole) -> None:
    copy.make(hole)
    violations = copy.run(hole.row).violations
    assert any(hole.says in words for words in violations), violations
