"""Where the parts of one Parley are."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import Mock

import pytest

from local.ports import free_port
from local.prepare import clear_away, prepare
from local.say import Problem
from local.stack import Stack


@pytest.fixture
def home() -> Iterator[Path]:
    """A short path that everybody may pass through."""
    place = Path(tempfile.mkdtemp(prefix="parley-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


def make_stack(home: Path) -> Stack:
    stack = Stack(home, "127.0.0.1", free_port())
    stack.make_directories()
    return stack


def test_sockets_are_beside_the_data_where_paths_are_short_and_open(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A socket's path has a limit, and started by root, PostgreSQL becomes somebody else."""
    short, long = make_stack(home), make_stack(home / ("x" * 60))
    assert (short.sockets, long.sockets.parent) == (short.run, Path(tempfile.gettempdir()))
    home.chmod(0o700)
    for user, there in ((0, False), (1000, True)):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        for stack in (short, Stack(home / "not-made", "127.0.0.1", 8080)):
            assert (stack.sockets == stack.run) is there


@pytest.mark.parametrize("port", ["web", "0", "65536"])
def test_a_port_that_is_none_is_explained(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("PORT", port)
    with pytest.raises(Problem, match="choose a number"):
        Stack.from_environment()


def test_a_directory_for_sockets_that_is_somebody_else_s_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = make_stack(home / ("x" * 60))
    monkeypatch.setattr(tempfile, "tempdir", str(home))
    somebody = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: somebody)
    with (
        pytest.raises(Problem, match="belongs to somebody else"),
        stack.directory_for_sockets(),
    ):
        pass


def test_of_what_was_left_running_is_told_only_where_something_was(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clear_away(make_stack(home))
    assert capsys.readouterr().out == ""


def test_a_taken_port_a_full_disk_and_a_secret_that_can_not_be_made_are_explained(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = make_stack(home)
    with (
        socket.create_server(("127.0.0.1", stack.port)),
        pytest.raises(Problem, match=f"PORT={stack.port + 1} make local"),
    ):
        prepare(stack)
    (home / "secrets" / "cookie").mkdir(parents=True)
    (home / "secrets" / "cookie" / "key").touch()
    with pytest.raises(Problem, match="key is empty"):
        prepare(stack)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Mock(free=0))
    with pytest.raises(Problem, match="less than 200 MB left"):
        prepare(stack)
