"""A real language model server for tests: `lm-api/start` with SmolLM2, stopped by its pid.

Use the session's one by importing the fixture into a conftest.py:
`from tests.support.lm_server import lm_server`; or a server of your own, with its own settings:
`with run_lm_server(tmp_path, LM_SLOTS="1") as server: ...`. The model is fetched once into
.cache/models. The server is the one in the wheel xllamacpp unless LLAMA_SERVER names another.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODELS_DIR = ROOT / ".cache" / "models"
MODEL = "smollm2-135m-instruct"
KEY = "a-key-only-tests-know"
LOADING_SECONDS = 120.0  # a busy machine may take its time


@dataclass(frozen=True)
class LmServer:
    """A running server: what a client needs, and its process for tests that end or watch it."""

    url: str
    key: str
    key_file: Path
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


def free_port() -> int:
    """A port of 127.0.0.1 that nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fetch_small_model() -> None:
    """Makes sure that SmolLM2 is in .cache/models; at once when it is."""
    fetch = subprocess.run(
        [sys.executable, ROOT / "lm-api" / "fetch.py"],
        env=os.environ
        | {"LM_MODEL": MODEL, "LM_MODEL_URL": "", "LM_MODELS_DIR": os.fspath(MODELS_DIR)},
        capture_output=True,
        text=True,
        check=False,
    )
    if fetch.returncode:
        raise RuntimeError(f"the tests' model can't be had:\n{fetch.stdout}{fetch.stderr}")


def is_healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:  # 503 while the model is loading
        error.close()
        return False
    except OSError:
        return False


def wait_until_healthy(server: LmServer) -> None:
    """Returns once /health says ok; raises with the log when the server ends or takes too long."""
    deadline = time.monotonic() + LOADING_SECONDS
    while not is_healthy(server.url):
        if server.process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"lm-api/start did not come up:\n{server.log.read_text()}")
        time.sleep(0.1)


@contextmanager
def run_lm_server(folder: Path, **settings: str) -> Iterator[LmServer]:
    """A server with these settings (environment variables), keeping its key and log in `folder`."""
    fetch_small_model()
    key_file, log, port = folder / "lm-api-key", folder / "lm-api.log", free_port()
    key_file.write_text(KEY)
    environment = {
        "LLAMA_SERVER": "xllamacpp",
        **os.environ,
        "PYTHON": sys.executable,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "LM_MODEL": MODEL,
        "LM_MODEL_URL": "",
        "LM_MODELS_DIR": os.fspath(MODELS_DIR),
        "LM_API_KEY_FILE": os.fspath(key_file),
        "LM_CACHE_RAM": "256",
        **settings,
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [ROOT / "lm-api" / "start"], env=environment, stdout=output, stderr=output
        )
    try:
        server = LmServer(f"http://127.0.0.1:{port}", KEY, key_file, log, process)
        wait_until_healthy(server)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def lm_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LmServer]:
    """One server for the whole session, with the settings' defaults and a small RAM cache."""
    with run_lm_server(tmp_path_factory.mktemp("lm-api")) as server:
        yield server
