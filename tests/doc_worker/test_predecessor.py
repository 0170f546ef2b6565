"""A worker that died on this machine is known to be dead, and one that lives never is."""

import json
import signal
import sys
from pathlib import Path

import httpx
from app.client import Queue
from app.predecessor import replace_predecessor

from local.stack import ROOT
from tests.support.program import Program

HOLD = """
import sys, time
from pathlib import Path
from app.predecessor import replace_predecessor
replace_predecessor(Path(sys.argv[1]), "other")
time.sleep(600)
"""


def test_another_worker_is_dead_when_it_was_killed_and_not_before(tmp_path: Path) -> None:
    file = tmp_path / "worker"
    path = {"PYTHONPATH": str(ROOT / "doc-worker")}
    other = Program([sys.executable, "-c", HOLD, str(file)], path, tmp_path / "log")
    try:
        other.wait_until(lambda: file.exists() and file.read_text() == "other")
        assert replace_predecessor(file, "own") is None
        assert file.read_text() == "other"
    finally:
        other.end(signal.SIGKILL)
    assert replace_predecessor(file, "own") == "other"
    assert file.read_text() == "own"


def test_without_a_file_and_where_none_can_be_made_nobody_is_known_to_be_dead(
    tmp_path: Path,
) -> None:
    assert replace_predecessor(None, "own") is None
    assert replace_predecessor(tmp_path / "none" / "worker", "own") is None


def test_the_predecessor_is_named_in_the_first_claim(tmp_path: Path) -> None:
    told = []

    def answer(request: httpx.Request) -> httpx.Response:
        told.append(json.loads(request.content)["predecessor"])
        return httpx.Response(204)

    (tmp_path / "worker").write_text("before")
    queue = Queue("http://db-api", "token", worker_file=tmp_path / "worker")
    queue._http = httpx.Client(base_url="http://db-api", transport=httpx.MockTransport(answer))
    queue.claim(ocr=True)
    queue.claim(ocr=True)
    assert told == ["before", None]
