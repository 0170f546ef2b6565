"""Plants a bug into a copy of the tree, and runs the harness there."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from local.stack import ROOT

LEFT_OUT = shutil.ignore_patterns(".git", ".cache", ".mypy_cache", ".ruff_cache", "__pycache__")
PATIENCE = 240  # seconds for one run of the harness


@dataclass(frozen=True)
class Change:
    """`old` becomes `new` in one file, wherever it stands; it must stand there `times`."""

    file: str
    old: str
    new: str
    times: int = 1


@dataclass(frozen=True)
class Bug:
    """What is broken, how, and which promise is seen broken by which scenario."""

    name: str
    changes: tuple[Change, ...]
    scenario: str
    promise: str


@dataclass(frozen=True)
class Run:
    """How the harness ended."""

    code: int
    output: str

    @property
    def broken(self) -> set[str]:
        """The promises it saw broken."""
        return set(re.findall(r"VIOLATION (\w+):", self.output))


def copy_tree(folder: Path) -> Path:
    """Everything but what is made; `.cache` is shared, so nothing is installed or fetched anew."""
    copy = folder / "parley"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    (copy / ".cache").symlink_to(ROOT / ".cache")
    return copy


def plant(copy: Path, bug: Bug) -> None:
    """Changes the copy; fails if the code has moved on and a change no longer fits exactly."""
    for change in bug.changes:
        file = copy / change.file
        text = file.read_text()
        found = text.count(change.old)
        assert found == change.times, f"{bug.name}: {found} times in {change.file}: {change.old!r}"
        file.write_text(text.replace(change.old, change.new))


def run_harness(copy: Path, *scenarios: str) -> Run:
    """`python -m faults` in the copy, quick, with a fixed seed."""
    command = [sys.executable, "-m", "faults", "--quick", "--seed", "5"]
    done = subprocess.run(
        [*command, "--scenarios", ",".join(scenarios)],
        cwd=copy,
        env=os.environ | {"PYTHONPATH": ""},
        capture_output=True,
        text=True,
        timeout=PATIENCE * len(scenarios),
        check=False,
    )
    return Run(done.returncode, done.stdout + done.stderr)
