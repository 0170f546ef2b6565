"""A copy of the tree with something broken in it on purpose, so that a harness can show that it
notices."""

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.stack import ROOT
from tests.support import program

LEFT_OUT = shutil.ignore_patterns(".git", ".cache", ".mypy_cache", ".ruff_cache", "__pycache__")


@dataclass(frozen=True)
class Change:
    """`old` becomes `new` in one file, everywhere; `old` must be found there so many `times`."""

    file: str
    old: str
    new: str
    times: int = 1


class SeededTree:
    """The copy. Changes are made in it one set after the other."""

    def __init__(self, tree: Path) -> None:
        self.path = tree
        self._seeded: Sequence[Change] = ()

    def seed(self, changes: Sequence[Change]) -> set[str]:
        """Takes the last changes back and makes these; the services that either is in. Fails if the
        code has moved on and a change no longer fits exactly."""
        files = {change.file for change in (*self._seeded, *changes)}
        for file in files:
            shutil.copy(ROOT / file, self.path / file)
        self._seeded = changes
        for change in changes:
            path = self.path / change.file
            text = path.read_text()
            assert text.count(change.old) == change.times, f"{change.file}: {change.old!r}"
            path.write_text(text.replace(change.old, change.new))
        return {file.partition("/")[0] for file in files}


@contextlib.contextmanager
def copy_tree(folder: Path) -> Iterator[SeededTree]:
    """What is started meanwhile is started from the copy. `.cache` is shared, so nothing is
    installed or fetched again."""
    tree = folder / "parley"
    shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
    (tree / ".cache").symlink_to(ROOT / ".cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(program, "ROOT", tree)
        yield SeededTree(tree)
