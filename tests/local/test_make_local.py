"""What `make local` promises, tried on real processes in a directory of its own."""

import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.nginx import nginx
from local.ports import free_port
from local.stack import ROOT
from tests.local.processes import alive, descendants
from tests.support.local_stack import SMALL_MODEL, LocalStack, make_home
from tests.support.waiting import wait_until

SERVICES = ["db", "db-api", "lm-api", "chat-ui", "doc-worker"] + (["nginx"] if nginx() else [])


@pytest.fixture(scope="module")
def parley() -> Iterator[LocalStack]:
    with LocalStack() as stack:
        yield stack


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """For the tests that start and stop it themselves, one after the other, over the same data."""
    place = make_home()
    yield place
    shutil.rmtree(place)


def give_up(**settings: str) -> str:
    """The one line of a `make local` that can't start."""
    done = subprocess.run(
        [sys.executable, "-m", "local.run"],
        cwd=ROOT,
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    (line,) = done.stdout.splitlines()
    return line


def assert_stops(parley: LocalStack, how: signal.Signals) -> None:
    """No process is left, and the database was shut down in order."""
    everything = descendants(parley.pid)
    assert len(everything) > len(SERVICES)
    assert parley.stop(how) == 0
    assert not alive(everything)
    (*_, last) = (parley.home / "log" / "db.log").read_text().splitlines()
    assert last.endswith("database system is shut down")
    assert parley.output().splitlines()[-1].endswith("stopped; your chats are kept")


def test_it_says_where_it_is_and_is_there(parley: LocalStack) -> None:
    """The last line of a first start names the address and the model."""
    ready = f"Parley is ready at {parley.url} with {SMALL_MODEL}, after "
    shown = wait_until(
        lambda: said if ready in (said := parley.output()) else None, 300, parley.output
    )
    assert ready in shown.splitlines()[-1]
    assert parley.answers("/")


def test_the_logs_are_side_by_side_and_are_kept(parley: LocalStack) -> None:
    parley.wait_until_model_is_ready()
    parley.wait(lambda: all(f"\n{name:<8}|" in parley.output() for name in ("db", "lm-api")))
    for service in SERVICES:
        assert (parley.home / "log" / f"{service}.log").exists()
    assert "database system is ready" in (parley.home / "log" / "db.log").read_text()


def test_what_is_written_aside_is_for_nobody_else(parley: LocalStack) -> None:
    """Logs; and cores, of which there are none."""
    logs = parley.home / "log"
    assert {stat.S_IMODE(log.stat().st_mode) for log in (logs, *logs.iterdir())} == {0o700, 0o600}
    for process in descendants(parley.pid):
        limits = Path(f"/proc/{process.pid}/limits").read_text()
        assert re.search(r"Max core file size +0 +0 ", limits), process.cmdline()


def test_only_the_front_door_is_open_to_other_machines(parley: LocalStack) -> None:
    for port in [*parley.ports.values(), parley.port]:
        with socket.socket() as outside, pytest.raises(OSError, match="refused"):
            outside.connect(("127.0.0.2", port))  # this machine, but not the address we bind


def test_every_service_that_is_killed_comes_back(parley: LocalStack) -> None:
    parley.wait_until_model_is_ready()
    before = {service: parley.kill(service) for service in SERVICES}
    parley.wait(lambda: all(parley.pid_of(s) not in (None, before[s]) for s in SERVICES))
    parley.wait(lambda: parley.answers("/"))
    parley.wait_until_model_is_ready()
    parley.wait(lambda: "exited: db-api (terminated by SIGKILL; not expected)" in parley.output())


def test_a_second_start_of_the_same_is_explained(parley: LocalStack) -> None:
    said = give_up(PARLEY_HOME=str(parley.home), PORT=str(free_port()))
    assert f"already runs from {parley.home} (process {parley.pid})" in said
    parley.wait(parley.answers)


def test_a_busy_port_is_explained(parley: LocalStack, tmp_path: Path) -> None:
    said = give_up(PARLEY_HOME=str(tmp_path), PORT=str(parley.port))
    assert f"port {parley.port} is taken by another program" in said
    assert f"PORT={parley.port + 1} make local" in said


@pytest.mark.parametrize(
    ("place", "port", "words"),
    [
        ("", "http", "PORT is 'http'"),
        ("", "0", "PORT is '0'"),
        ("", "65536", "PORT is '65536'"),
        ("/file/home", str(free_port()), "/file"),
    ],
)
def test_a_port_or_a_place_that_is_none_is_explained(
    tmp_path: Path, place: str, port: str, words: str
) -> None:
    (tmp_path / "file").touch()
    assert words in give_up(PARLEY_HOME=f"{tmp_path}{place}", PORT=port)


def test_ctrl_c_leaves_no_process_and_a_clean_database(parley: LocalStack) -> None:
    """The last test of the module's own Parley."""
    assert_stops(parley, signal.SIGINT)


def test_without_nginx_chat_ui_is_served_directly_one_line_says_so_and_a_hangup_stops_it(
    home: Path,
) -> None:
    with LocalStack(home, NGINX="off", LM_MODEL="missing.gguf") as parley:
        assert parley.output().count("nginx is missing") == 1
        parley.wait(lambda: f"the pages are at {parley.url}" in parley.output())
        assert parley.answers("/")  # and without a model the pages work all the same
        assert "Parley is ready" not in parley.output()
        assert parley.pid_of("nginx") is None
        assert_stops(parley, signal.SIGHUP)


def test_closing_a_terminal_that_tells_nobody_stops_it_as_well(home: Path) -> None:
    """A hangup reaches only the terminal's first process, which may be `make` or `ssh`'s."""
    ours, its = os.openpty()
    parley = LocalStack(home, LM_MODEL="missing.gguf")
    parley.start(terminal=its)
    os.close(its)
    try:
        shown = b""
        while b"the pages are at" not in shown:
            shown += os.read(ours, 4096)
        everything = descendants(parley.pid)
        os.close(ours)
        assert parley.program.wait() == 0
        assert not alive(everything)
    finally:
        parley.stop()


def test_after_kill_9_of_everything_that_watches_it_starts_again_and_kill_stops_it(
    home: Path,
) -> None:
    with LocalStack(home) as parley:
        orphans = descendants(parley.pid)
        parley.kill("supervisord", signal.SIGSTOP)  # it can't clean up when its parent dies
        os.kill(parley.pid, signal.SIGKILL)
        supervisor = parley.kill("supervisord")
        parley.wait(lambda: supervisor not in {process.pid for process in alive(orphans)})
        assert alive(orphans)  # the services are still there, with nobody to watch them

        parley.start()
        parley.wait_until_ready()
        assert "an earlier run was killed; stopped what it left running" in parley.output()
        assert not alive(orphans)
        assert parley.answers("/")
        assert_stops(parley, signal.SIGTERM)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_kill_9_of_the_runner_alone_takes_everything_down(home: Path) -> None:
    with LocalStack(home, LM_MODEL="missing.gguf") as parley:
        everything = descendants(parley.pid)
        os.kill(parley.pid, signal.SIGKILL)
        parley.wait(lambda: not alive(everything))
