"""The small parts of the Docker-free start, each on its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest

from local import launch, pidfile
from local.dotenv import read_dotenv
from local.logs import TROUBLE, Tail
from local.ports import free_port, is_free, why_taken
from local.postgres import is_ready, postgres_bin
from local.say import Listener
from local.stack import ROOT, USUAL_PORTS, Stack
from local.supervisord import Supervisor


def test_dotenv_is_read_as_compose_reads_it(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(
        "# a comment\n\nASSISTANT_NAME=Ada  # hers\nexport LM_SLOTS=2\nEMPTY=\n"
        "SYSTEM_PROMPT=\"Be # brief\"\nOPENING_MESSAGE='Hi, it''s me'\nnot a setting\n"
    )
    assert read_dotenv(file) == {
        "ASSISTANT_NAME": "Ada",
        "LM_SLOTS": "2",
        "EMPTY": "",
        "SYSTEM_PROMPT": "Be # brief",
        "OPENING_MESSAGE": "Hi, it",
    }
    assert read_dotenv(tmp_path / "none") == {}


def test_a_taken_port_is_not_free() -> None:
    port = free_port()
    assert is_free(port)
    with socket.create_server(("127.0.0.1", port)):
        assert why_taken(port) == f"port {port} is taken by another program"


def test_a_port_is_chosen_that_nobody_listens_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.ports.RANGE", range(20_001, 20_009))
    monkeypatch.setattr("local.ports.is_free", lambda port: port == 20_005)
    monkeypatch.setattr("local.ports._reserve", lambda _: True)  # another program may have it
    assert free_port() == 20_005


def test_a_port_is_given_to_one_only_before_it_is_listened_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = free_port()
    monkeypatch.setattr("local.ports.RANGE", range(given, given + 1))
    assert is_free(given)
    with pytest.raises(OSError, match="no free port"):
        free_port()


def test_no_two_services_get_one_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.ports.RANGE", range(1, len(USUAL_PORTS) + 2))
    monkeypatch.setattr("local.ports.is_free", lambda _: True)
    monkeypatch.setattr("local.ports._reserve", lambda _: True)
    stack = Stack(tmp_path, "127.0.0.1", 1)
    stack.make_directories()
    stack.choose_ports()
    assert sorted(stack.ports().values()) == list(range(2, len(USUAL_PORTS) + 2))


def test_ports_are_remembered_until_somebody_else_takes_one(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NGINX", "off")
    stack.choose_ports()
    before = stack.ports()
    assert before["chat-ui"] == stack.port  # without nginx it has the published port
    with socket.create_server(("127.0.0.1", before["db"])):
        stack.choose_ports()
    assert {service for service, port in stack.ports().items() if port != before[service]} == {"db"}
    beside = replace(stack, port=before["db-api"])
    beside.choose_ports()
    assert beside.ports()["db-api"] != beside.port


def test_a_pid_file_counts_only_while_somebody_of_that_process_lives(tmp_path: Path) -> None:
    """Also when only a child of it is left, as nginx's workers are when their master is killed."""
    file = tmp_path / "x.pid"
    file.write_text(f"{os.getpid()}\n")
    assert pidfile.holder(file) is None  # a number without a lock means nothing
    code = (
        "import os, pathlib; from local import pidfile\n"
        f"pidfile.take(pathlib.Path({str(file)!r}))\n"
        "os.execv('/bin/sh', ['sh', '-c', 'sleep 60 & echo up; wait'])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT, process_group=0
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert pidfile.holder(file) == process.pid
        process.kill()
        process.wait()
        assert pidfile.holder(file) == process.pid
        assert pidfile.end(file, signal.SIGTERM)
    assert pidfile.holder(file) is None
    assert not pidfile.end(file, signal.SIGTERM)


@pytest.mark.parametrize(
    ("before", "alive", "killed"), [(None, False, []), (7, False, [7]), (7, True, [])]
)
def test_what_a_killed_predecessor_left_is_cleared_away_but_not_one_that_lives(
    monkeypatch: pytest.MonkeyPatch, before: int | None, alive: bool, killed: list[int]
) -> None:
    monkeypatch.setattr(pidfile, "take", Mock(side_effect=[BlockingIOError, 5]))
    monkeypatch.setattr(pidfile, "holder", lambda path: before)
    monkeypatch.setattr(pidfile, "send", send := Mock())
    monkeypatch.setattr(launch, "is_alive", lambda pid: {7: alive}[pid])
    with pytest.raises(SystemExit, match="process 7") if alive else nullcontext():
        assert launch.take_over(Path("x.pid")) == 5
    assert [call.args[0] for call in send.call_args_list] == killed


def test_what_ignores_a_polite_end_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, signal; from local import pidfile\n"
        f"pidfile.take(pathlib.Path({str(tmp_path / 'x.pid')!r}))\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); signal.pause()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT, process_group=0
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert pidfile.end(tmp_path / "x.pid", signal.SIGTERM, patience=0.1)
        assert process.wait() == -signal.SIGKILL


@pytest.mark.parametrize(
    ("terminal", "no_color", "coloured"),
    [(True, "", True), (True, "1", False), (False, "", False)],
)
def test_names_are_coloured_on_a_terminal_unless_that_is_unwanted(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, no_color: str, coloured: bool
) -> None:
    monkeypatch.setattr("sys.stdout", Mock(isatty=lambda: terminal))
    monkeypatch.setenv("NO_COLOR", no_color)
    assert ("\033[" in Listener().prefix("db")) == coloured


@pytest.mark.parametrize(
    ("terminal", "open_still", "left"),
    [(True, True, False), (True, False, True), (False, False, False)],
)
def test_a_closed_terminal_is_noticed(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, open_still: bool, left: bool
) -> None:
    monkeypatch.setattr("sys.stdout", Mock(isatty=lambda: terminal))
    monkeypatch.setattr(os, "isatty", lambda _: open_still)
    assert Listener().has_left() == left


def test_a_log_is_shown_from_now_on_line_by_line_and_over_a_rotation(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "db.log"
    log.write_text("yesterday\n")
    tail = Tail(log, "db")
    with log.open("a") as file:
        file.write("one\ntw")
    tail.show_new()
    with log.open("a") as file:
        file.write("o\nold end\n")
    log.rename(tmp_path / "db.log.1")
    log.write_text("10 %\r20 %\r30 %\n")
    tail.show_new()
    tail.close()
    assert capsys.readouterr().out.splitlines() == [
        "db      | one",
        "db      | two",
        "db      | old end",
        "db      | 30 %",
    ]


def test_of_the_supervisors_log_only_trouble_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "supervisord.log"
    tail = Tail(log, "parley", TROUBLE)
    log.write_text(
        "2026-11-20 06:00:00,123 INFO spawned: 'db' with pid 7\n"
        "2026-11-20 06:00:01,123 WARN exited: db (terminated by SIGKILL; not expected)\n"
        "2026-11-20 06:00:02,123 INFO exited: migrate (exit status 0; expected)\n"
    )
    tail.show_new()
    tail.close()
    (shown,) = capsys.readouterr().out.splitlines()
    assert shown == "parley  | exited: db (terminated by SIGKILL; not expected)"


def test_the_system_clock_has_no_part_in_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: pytest.fail("asked the wall clock"))
    assert pidfile.wait_until_free(Path("/nonexistent"), 0.1)


def test_what_died_is_started_in_the_round_in_which_that_is_heard() -> None:
    """supervisord itself would wait for the next one, a second later."""
    group = Mock()
    supervisor = Supervisor(Mock(waitpid=Mock(side_effect=[(7, 9), (None, None)]), pidhistory={}))
    supervisor.process_groups = {"db": group}
    supervisor.reap()
    group.transition.assert_called_once_with()


@pytest.mark.parametrize(
    ("lock", "answer", "ready"),
    [
        (None, 0, False),
        ("", 0, False),
        ("123\nstarting\n", 0, False),
        ("123\nready   \n", 0, True),
        ("123\nready   \n", 2, False),  # of one that was killed
    ],
)
def test_a_database_is_only_asked_once_it_says_that_it_is_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lock: str | None, answer: int, ready: bool
) -> None:
    """It would log as FATAL whoever asks earlier."""
    program, asked = tmp_path / "pg_isready", tmp_path / "asked"
    program.write_text(f"#!/bin/sh\ntouch {asked}\nexit {answer}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PG_BIN", str(tmp_path))
    if lock is not None:
        (tmp_path / "postmaster.pid").write_text(lock)
    assert is_ready(tmp_path, 5432) == ready
    assert asked.exists() == (ready or answer == 2)


@pytest.mark.parametrize("found", [None, Mock(origin=None)])
def test_a_missing_postgresql_is_explained(monkeypatch: pytest.MonkeyPatch, found: object) -> None:
    monkeypatch.delenv("PG_BIN", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: found)
    with pytest.raises(FileNotFoundError, match="run `make setup`, or set PG_BIN"):
        postgres_bin()
