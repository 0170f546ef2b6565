"""Prompts that were read once and saved: which files `start` keeps, and what the real server makes
of good and of bad ones."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.lm_api.starter import Starter
from tests.support.lm_server import LmServer, run_lm_server

QUESTION = {"role": "user", "content": "Which of these is a colour: " + "moon, " * 100 + "red?"}
DAY = 24 * 60 * 60


@contextmanager
def run(folder: Path, **settings: str) -> Iterator[tuple[LmServer, httpx.Client]]:
    """A server with one slot, and a client of its."""
    limits = httpx.Limits(max_keepalive_connections=0)
    with (
        run_lm_server(folder, LM_SLOTS="1", LM_CONTEXT="1024", **settings) as server,
        httpx.Client(
            base_url=server.url, headers=server.headers, limits=limits, timeout=60
        ) as client,
    ):
        yield server, client


def act(client: httpx.Client, action: str, file: str = "slot-0") -> int:
    """The status of saving or restoring the slot."""
    return client.post(f"/slots/0?action={action}", json={"filename": file}).status_code


def count_tokens(client: httpx.Client) -> tuple[int, int]:
    """Of the question's prompt, and how many of them were known already."""
    body = {"messages": [QUESTION], "max_tokens": 8, "temperature": 0}
    usage = client.post("/v1/chat/completions", json=body).json()["usage"]
    return usage["prompt_tokens"], usage["prompt_tokens_details"]["cached_tokens"]


def test_what_was_read_before_a_kill_need_not_be_read_again(tmp_path: Path) -> None:
    with run(tmp_path) as (server, client):
        tokens, known = count_tokens(client)
        assert (tokens > 200, known) == (True, 0)
        assert act(client, "save") == 200
        server.program.end(signal.SIGKILL)
    (file,) = (tmp_path / "prompts").rglob("slot-0")
    modes = [path.stat().st_mode & 0o777 for path in (tmp_path / "prompts", file.parent, file)]
    assert modes == [0o700, 0o700, 0o600]
    with run(tmp_path) as (_, client):
        (slot,) = client.get("/slots").json()
        assert "id_task" not in slot
        assert act(client, "restore") == 200
        assert client.get("/slots").json() == [slot], "as if it had never been used"
        assert count_tokens(client) == (tokens, tokens - 1)


def test_a_file_that_is_none_is_refused_and_one_that_breaks_off_is_tried_once(
    tmp_path: Path,
) -> None:
    with run(tmp_path) as (server, client):
        count_tokens(client)
        assert [act(client, "save", name) for name in ("restoring", "slot-0")] == [200, 200]
        (file,) = (tmp_path / "prompts").rglob("slot-0")
        whole = file.read_bytes()
        for content in (b"", b"no slot " * 999, whole[:12], whole[:700]):
            file.write_bytes(content)
            assert act(client, "restore") == 400
        assert act(client, "restore", "no-such-file") == 400
        assert act(client, "save", "restoring") == 200
        file.write_bytes(whole[: len(whole) // 2])
        before = file.with_name("restoring").stat().st_mtime - 1
        os.utime(file, (before, before))
        with suppress(httpx.HTTPError):  # llama.cpp of today ends
            assert act(client, "restore") == 400
        server.program.end(signal.SIGKILL)
    with run(tmp_path) as (server, client):
        assert "they are removed" in server.program.log.read_text()
        assert act(client, "restore") == 400


class Prompts:
    """The folder of the fake server's saved prompts, after a first start."""

    def __init__(self, starter: Starter) -> None:
        self.starter, self.top = starter, starter.folder / "prompts"
        os.utime(starter.model, (0, 0))
        self.folder = self.start()
        self.file = self.folder / "slot-0"
        self.file.touch()

    def start(self, **settings: str) -> Path:
        """The folder that the server is given."""
        given = self.starter.arguments(LM_PROMPT_CACHE_DIR=str(self.top), **settings)
        return Path(given[given.index("--slot-save-path") + 1])


@pytest.fixture
def prompts(starter: Starter) -> Prompts:
    return Prompts(starter)


def age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_a_file_stays_for_a_day(prompts: Prompts) -> None:
    age(prompts.file, DAY - 600)
    assert prompts.start() == prompts.folder
    assert prompts.file.exists()
    age(prompts.file, DAY + 600)
    prompts.start()
    assert not prompts.file.exists()


def test_a_file_of_another_model_or_of_a_replaced_one_goes(prompts: Prompts) -> None:
    (prompts.starter.folder / "own.gguf").write_bytes(b"GGUF")
    assert prompts.start(LM_MODEL="own.gguf") != prompts.folder
    assert not prompts.file.exists()
    prompts.start()
    prompts.file.touch()
    age(prompts.file, 60)
    prompts.starter.model.touch()
    prompts.start()
    assert not prompts.file.exists()


@pytest.mark.skipif(not Path("/proc/sys/kernel/random/boot_id").exists(), reason="Linux only")
def test_files_from_before_the_machine_s_start_go(prompts: Prompts) -> None:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    earlier = prompts.folder.with_name(prompts.folder.name.replace(boot, "earlier"))
    assert earlier != prompts.folder
    prompts.folder.rename(earlier)
    prompts.start()
    assert not earlier.exists()


@pytest.mark.parametrize("survived", [True, False])
def test_files_whose_restoring_was_deadly_go(prompts: Prompts, survived: bool) -> None:
    restoring = prompts.folder / "restoring"
    restoring.touch()
    age(restoring, 30)
    age(prompts.file, 20 if survived else 40)
    prompts.start()
    assert prompts.file.exists() == survived


@pytest.mark.parametrize("folder", ["", "/proc/none"])
def test_without_a_folder_it_serves_all_the_same(starter: Starter, folder: str) -> None:
    done = starter.run(LM_PROMPT_CACHE_DIR=folder)
    assert "--slot-save-path" not in starter.told.read_text()
    assert (done.returncode, "prompts are not saved" in done.stderr) == (0, bool(folder))
    assert "find:" not in done.stderr


def test_nothing_else_in_the_folder_is_touched(prompts: Prompts) -> None:
    """It may be set to one that somebody uses."""
    own = prompts.top / "own.txt"
    own.touch()
    age(own, 2 * DAY)
    prompts.start()
    assert own.exists()
