"""The process that opens a file can reach neither other files nor the network, and has little
memory and time. It tries."""

import subprocess
import sys
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from local.stack import ROOT
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can take that away")

PREPARED = "import os, socket, subprocess\nfrom app.child.confine import confine, limit_cpu\n"
CONFINED = PREPARED + "assert confine(None) == [], 'this kernel lacks something'\n"


def run(attempt: str, *, confined: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", (CONFINED if confined else PREPARED) + attempt],
        cwd=ROOT / "doc-worker",
        env={},
        capture_output=True,
        text=True,
        timeout=100,
    )


@pytest.mark.parametrize(
    ("attempt", "refusal"),
    [
        ("open({secret!r}).read()", "PermissionError"),
        ("os.listdir({folder!r})", "PermissionError"),
        ("open({folder!r} + '/new', 'w')", "PermissionError"),
        ("os.unlink({secret!r})", "PermissionError"),
        ("os.truncate({secret!r}, 0)", "PermissionError"),
        ("open('/proc/%d/environ' % os.getppid(), 'rb').read()", "PermissionError"),
        ("subprocess.run(['cat', {secret!r}], check=True)", "CalledProcessError"),
        ("socket.create_connection(('127.0.0.1', 80))", "PermissionError"),
        ("socket.socket(socket.AF_UNIX)", "PermissionError"),
        ("subprocess.run([{python!r}, '-c', 'import socket; socket.socket()'], check=True)",
         "CalledProcessError"),
        ("os.kill(os.getppid(), 0)", "PermissionError"),
        ("bytes(600_000_000)", "MemoryError"),
    ],
)  # fmt: skip
def test_what_the_child_tries_is_refused(tmp_path: Path, attempt: str, refusal: str) -> None:
    secret = tmp_path / "token"
    secret.write_text("secret")
    words = {"secret": str(secret), "folder": str(tmp_path), "python": sys.executable}
    tried = run(attempt.format(**words))
    assert refusal in tried.stderr.splitlines()[-1], tried.stderr
    assert "secret" not in tried.stdout
    assert secret.exists()


@pytest.mark.parametrize(
    ("system", "lacks"),
    [
        ("import sys; sys.platform = 'darwin'", ["files", "network"]),
        ("import app.child.confine as c; c.call = lambda *_: -1", ["files"]),
        ("import platform; platform.machine = lambda: 'riscv64'", ["network"]),
    ],
)
def test_a_system_that_can_not_take_something_away_says_so(system: str, lacks: list[str]) -> None:
    told = run(f"{system}\nprint(confine(None))", confined=False)
    assert told.stdout == f"{lacks}\n", told.stderr


def test_the_child_dies_with_the_worker() -> None:
    """However that dies, and whatever the child is doing."""
    starts = "child = subprocess.Popen([{!r}, '-c', {!r}], stdout=subprocess.PIPE); "
    waits = CONFINED + "print('confined', flush=True)\nimport time; time.sleep(300)"
    dies = "child.stdout.readline(); print(child.pid, flush=True); os.kill(os.getpid(), 9)"
    died = run(starts.format(sys.executable, waits) + dies, confined=False)
    child = int(died.stdout)
    wait_until(lambda: not psutil.pid_exists(child))


def test_a_page_that_takes_for_ever_ends_by_its_use_of_the_processor() -> None:
    short = "import app.child.confine as c; c.PAGE_CPU = 0; limit_cpu()\nwhile True: pass"
    assert run(short).returncode < 0


def test_the_child_is_told_nothing_by_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    from app import process
    from app.messages import Request

    monkeypatch.setenv("A_SECRET", "secret")
    started = []
    begin = subprocess.Popen

    def note(*words: object, **options: object) -> object:
        started.append(options["env"])
        return begin(*words, **options)  # type: ignore[call-overload]  # as it was called

    monkeypatch.setattr(subprocess, "Popen", note)
    with process.Child(Request("text", 1), b"Hi") as child:
        child.receive(100)
    assert started == [{}]
