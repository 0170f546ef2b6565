"""The worker trusts nothing that a child says, and leaves nothing behind of it."""

import os
import subprocess
import sys
from collections.abc import Callable

import psutil  # type: ignore[import-untyped]
import pytest
from app import process
from app.messages import Confined, Message, Request
from app.process import Child

from tests.doc_worker import files
from tests.local.processes import alive, descendants
from tests.support.waiting import wait_until

OURS = os.getpriority(os.PRIO_PROCESS, 0)
ASKED = Request("pdf", page_limit=10)
ASKED_FOR_MANY = Request("pdf", page_limit=1000)
Says = Callable[[str], None]
START_ANOTHER = """
import subprocess, time
subprocess.Popen(["sleep", "300"])
print('{"lacks": [], "type": "confined"}', flush=True)
time.sleep(300)
"""


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch) -> Says:
    """Has another program stand in for the child."""

    def use(program: str) -> None:
        monkeypatch.setattr(process, "COMMAND", [sys.executable, "-c", program])

    return use


@pytest.mark.parametrize(
    "program",
    [
        "print('nonsense')",
        'print(\'{"type": "page", "page": 1}\')',
        'print(\'{"type": "failed", "error": "of its own"}\')',
        "import os; os.write(1, b'\\xff\\n')",
        "pass",
        "import os; os.kill(os.getpid(), 9)",
        "while True: print('x' * 100_000, end='')",
    ],
)
def test_what_is_no_message_is_a_death(says: Says, program: str) -> None:
    says(program)
    with Child(ASKED, b"") as child, pytest.raises(EOFError):
        child.receive(100)


def test_what_comes_in_pieces_is_a_message(says: Says) -> None:
    says("import time; print('{\"lacks\": [], ', end='', flush=True); time.sleep(.3); "
         "print('\"type\": \"confined\"}')")  # fmt: skip
    with Child(ASKED, b"") as child:
        assert wait_until(lambda: child.receive(0.05)) == Confined([])


def test_nothing_that_a_child_started_outlives_it(says: Says) -> None:
    says(START_ANOTHER)
    with Child(ASKED, b"") as child:
        assert child.receive(100)
        family = descendants(child._process.pid)
        assert len(family) == 2
    wait_until(lambda: not alive(family))


def test_a_child_that_is_paused_stands_still_with_what_it_started(says: Says) -> None:
    says(START_ANOTHER)
    with Child(ASKED, b"") as child:
        assert child.receive(100)
        family = descendants(child._process.pid)
        with child.paused():
            wait_until(lambda: {p.status() for p in family} == {psutil.STATUS_STOPPED})
        wait_until(lambda: psutil.STATUS_STOPPED not in {p.status() for p in family})
        with child.paused():
            pass
    wait_until(lambda: not alive(family))


PAUSE_AND_DIE = """
import os, signal, time
from app import process
from app.messages import Request
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # nohup ignores what ends paused orphans
process.COMMAND = ["sh", "-c", "sleep 300 & echo; wait"]
child = process.Child(Request("text", page_limit=1), b"")
os.read(child._output.fileno(), 1)
with child.paused():
    print("paused", flush=True)
    time.sleep(300)
"""


def test_a_paused_child_does_not_outlive_the_worker() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PAUSE_AND_DIE], cwd=process.FOLDER, stdout=subprocess.PIPE
    ) as worker:
        assert worker.stdout
        assert worker.stdout.readline()
        family = descendants(worker.pid)
        assert len(family) == 3
        worker.kill()
    wait_until(lambda: not alive(family))


def test_a_child_that_doesn_t_read_holds_nobody_up(says: Says) -> None:
    says("import time; time.sleep(300)")
    with Child(ASKED, bytes(10_000_000)) as child:
        assert child.receive(0.05) is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has pipes of a chosen size")
def test_a_child_reads_on_while_nobody_listens() -> None:
    content = files.text_pdf(*["\n".join(["A line of some length."] * 50)] * 200)
    with Child(ASKED_FOR_MANY, content) as child:
        wait_until(lambda: child._process.poll() is not None)
        told = 0
        while (message := child.receive(100)) and message.type != "ended":
            told += message.type == "page"
    assert told == 200


@pytest.mark.parametrize(
    ("hurried", "done", "nice"), [(False, [1], 19), (True, [1], OURS), (True, [], 19)]
)
def test_a_child_is_nice_but_for_the_page_that_is_late(
    hurried: bool, done: list[int], nice: int
) -> None:
    request = Request("pdf", page_limit=10, done=done, nice=19, hurried=hurried)
    last: Message | None = None
    with Child(request, files.text_pdf("The only page.")) as child:
        while last is None or last.type != "ended":
            last = child.receive(100)
        assert os.getpriority(os.PRIO_PROCESS, child._process.pid) == nice
