"""`make security` proves itself: each guard that is removed turns its row red, and while they are
there it is green."""

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
    """A Parley that runs from a copy of the tree, whole or with all holes in it at once: each row
    has its own, and what it says tells one from the other. So every row runs twice."""

    def __init__(self, tree: SeededTree, parley: Parley) -> None:
        self._tree, self._parley = tree, parley
        self._seeded = False
        self._found: dict[tuple[str, bool], Found] = {}

    def run(self, name: str, *, seeded: bool) -> Found:
        """What a row finds, in short."""
        if (name, seeded) not in self._found:
            if seeded != self._seeded:
                self._seed(seeded)
            self._found[name, seeded] = self._run(name)
        return self._found[name, seeded]

    def _seed(self, seeded: bool) -> None:
        """Makes all holes, or fills them; restarts the services that they are in."""
        changes = [change for hole in HOLES for change in hole.changes]
        services = self._tree.seed(changes if seeded else [])
        migrate = [self._tree.path / "db-api" / "migrate"]
        subprocess.run(migrate, env=self._parley.local.environment("db-api"), check=True)
        before = {service: self._parley.kill(service) for service in services}
        for service, pid in before.items():
            asyncio.run(self._parley.wait_until_replaced(service, pid))
        asyncio.run(self._parley.wait_until_well())
        self._seeded = seeded

    def _run(self, name: str) -> Found:
        """Only the parts that a hole touches; that of limits on a Parley that has some."""
        (row,) = (row for row in ROWS if row.name == name)
        touched = [hole.parts for hole in HOLES if hole.row == name]
        parts = {part for parts in touched for part in parts} if all(touched) else set()
        with Stage(None if name == "limits" else self._parley.local, parts) as stage:
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
    found = copy.run(row, seeded=False)
    assert (found.violations, found.skipped) == ([], "")
    assert found.tried


@pytest.mark.parametrize("hole", HOLES, ids=lambda hole: hole.name.replace(" ", "-"))
def test_with_the_hole_its_row_is_red(copy: Copy, hole: Hole) -> None:
    violations = copy.run(hole.row, seeded=True).violations
    assert any(hole.says in words for words in violations), violations
