"""Figures of the same code are told from those of other code."""

import subprocess
from pathlib import Path

from faults.machine import fingerprint_code


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True)


def test_only_tracked_files_count(tmp_path: Path) -> None:
    code = tmp_path / "faults" / "code.py"
    code.parent.mkdir()
    code.write_text("one")
    git(tmp_path, "init")
    git(tmp_path, "add", ".")
    before = fingerprint_code(tmp_path)
    cache = tmp_path / "faults" / ".ruff_cache" / "0.1"
    cache.parent.mkdir()
    cache.write_text("a linter was here")
    assert fingerprint_code(tmp_path) == before
    code.write_text("two")
    assert fingerprint_code(tmp_path) != before


def test_where_git_can_not_tell_nothing_is_the_same(tmp_path: Path) -> None:
    assert fingerprint_code(tmp_path) != fingerprint_code(tmp_path)
