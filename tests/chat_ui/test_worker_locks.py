"""A runner's lock lasts as long as its process, and nobody else's name is ever taken for dead."""

import fcntl
import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from app.replies.worker_locks import WorkerLocks

from tests.chat_ui.support import ROOT, Program, replace_within

HOLD = """
import sys, time
from pathlib import Path
from app.replies.worker_locks import WorkerLocks
WorkerLocks(Path(sys.argv[1]), "other").take()
time.sleep(600)
"""


@pytest.fixture
def locks(tmp_path: Path) -> Iterator[WorkerLocks]:
    """Ours, held."""
    locks = WorkerLocks(tmp_path, "own")
    locks.take()
    yield locks
    locks.leave()


def test_another_process_is_dead_when_it_was_killed_and_not_before(
    locks: WorkerLocks, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = {"PYTHONPATH": str(ROOT / "chat-ui")}
    log = tmp_path_factory.mktemp("log") / "log"
    other = Program([sys.executable, "-c", HOLD, str(tmp_path)], path, log)
    try:
        other.wait_until((tmp_path / "other").exists)
        assert list(locks.find_dead()) == []
    finally:
        other.end(signal.SIGKILL)
    assert list(locks.find_dead()) == ["other"]
    assert list(locks.find_dead()) == [], "that is settled"


def test_who_has_no_lock_takes_nobody_for_dead(tmp_path: Path) -> None:
    (tmp_path / "dead").touch()
    assert list(WorkerLocks(tmp_path, "own").find_dead()) == []


def test_one_that_could_not_be_settled_is_found_again_and_never_by_two_at_once(
    locks: WorkerLocks, tmp_path: Path
) -> None:
    (tmp_path / "dead").touch()
    sister = WorkerLocks(tmp_path, "sister")
    sister.take()
    for _ in range(2):
        with closing(locks.find_dead()) as dead:
            assert next(dead) == "dead"
            assert list(sister.find_dead()) == []
    sister.leave(empty_handed=True)
    assert list(locks.find_dead()) == ["dead"]


def test_one_that_left_with_something_to_hand_back_counts_as_dead(
    locks: WorkerLocks, tmp_path: Path
) -> None:
    for empty_handed, found in ((True, []), (False, ["left"])):
        left = WorkerLocks(tmp_path, "left")
        left.take()
        left.leave(empty_handed=empty_handed)
        assert list(locks.find_dead()) == found


@pytest.mark.parametrize("way", ["no folder", "no lock"])
def test_where_nothing_can_be_locked_that_is_said_and_everybody_seems_to_live(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    folder = tmp_path if way == "no lock" else tmp_path / "none"
    (tmp_path / "dead").touch()
    if way == "no lock":
        replace_within(monkeypatch, "app.replies.worker_locks", fcntl, flock=refuse)
    locks = WorkerLocks(folder, "own")
    with caplog.at_level(logging.WARNING):
        locks.take()
    assert f"no locks in {folder}" in caplog.text
    assert list(locks.find_dead()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["dead"]
    locks.leave()
