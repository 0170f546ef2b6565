"""The runner waits for what happens and does not look for it again and again."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from local import wait
from local.say import Listener

LONG = 60  # seconds: whoever waits so long has heard nothing


@pytest.fixture
def waiter(tmp_path: Path) -> Iterator[wait.Waiter]:
    before = signal.signal(signal.SIGUSR1, lambda *_: None)
    yield wait.Waiter(tmp_path)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGUSR1, before)


def grow(folder: Path) -> None:
    with (folder / "db.log").open("a") as log:
        log.write("ready\n")


def rotate(folder: Path) -> None:
    (folder.parent / "old.log").touch()
    (folder.parent / "old.log").rename(folder / "db.log.1")


@pytest.mark.parametrize(
    "happen", [grow, rotate, lambda _: os.kill(os.getpid(), signal.SIGUSR1)], ids=str
)
def test_it_hears_logs_and_signals_once(
    waiter: wait.Waiter, tmp_path: Path, happen: Callable[[Path], None]
) -> None:
    assert not waiter.wait(0)
    happen(tmp_path)
    assert waiter.wait(LONG)
    assert not waiter.wait(0), "it has been heard"


def test_it_hears_that_a_child_has_ended(waiter: wait.Waiter) -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    waiter.watch_child(child.pid)
    assert not waiter.wait(0)
    child.communicate()
    assert waiter.wait(LONG)


def test_it_hears_once_that_nobody_reads_its_output_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = os.pipe()
    monkeypatch.setattr(wait, "OUTPUT", writer)
    monkeypatch.setattr(wait, "listener", listener := Listener())
    waiter = wait.Waiter(tmp_path)
    assert (waiter.wait(0), listener.has_left()) == (False, False)
    os.close(reader)
    assert (waiter.wait(LONG), listener.has_left()) == (True, True)
    assert not waiter.wait(0)
    signal.set_wakeup_fd(-1)


@pytest.mark.parametrize(
    ("opened", "added", "descriptor"), [(-1, 0, None), (5, -1, None), (5, 0, 5)]
)
def test_without_inotify_nothing_is_watched(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    opened: int,
    added: int,
    descriptor: int | None,
) -> None:
    kernel = Mock(inotify_init1=lambda _: opened, inotify_add_watch=lambda *_: added)
    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: kernel)
    assert wait._watch(tmp_path) == descriptor


def test_without_inotify_the_logs_are_looked_at_again_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wait, "_watch", lambda _: None)
    monkeypatch.setattr(wait, "LOOK_SECONDS", 0)
    assert not wait.Waiter(tmp_path).wait(LONG)
    signal.set_wakeup_fd(-1)
