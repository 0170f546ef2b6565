"""A real language model server for tests: `lm-api/start` with SmolLM2, stopped by its pid.

Use the session's one by importing the fixture into a conftest.py:
`from tests.support.lm_server import lm_server`; or a server of your own, with its own settings:
`with run_lm_server(tmp_path, LM_SLOTS="1") as server: ...`. The model is fetched once into
.cache/models. The server is the one in the wheel xllamacpp unless LLAMA_SERVER names another.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.model import SMALL
from local.ports import free_port
from local.stack import ROOT
from tests.support.program import Program
from tests.support.waiting import answers

KEY = "a-key-only-tests-know"
LOADING_SECONDS = 120.0  # a busy machine may take its time


@dataclass(frozen=True)
class LmServer:
    """A running server: what a client needs, and the program for tests that end or watch it."""

    url: str
    program: Program

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {KEY}"}


@contextmanager
def run_lm_server(folder: Path, **settings: str) -> Iterator[LmServer]:
    """A server with these settings (environment variables), keeping its key and log in `folder`."""
    (folder / "lm-api-key").write_text(KEY)
    port = str(free_port())
    environment = {
        "LLAMA_SERVER": os.environ.get("LLAMA_SERVER", "xllamacpp"),
        "PYTHON": sys.executable,
        "HOST": "127.0.0.1",
        "PORT": port,
        "LM_MODEL": SMALL,
        "LM_MODEL_URL": "",
        "LM_MODELS_DIR": str(ROOT / ".cache" / "models"),
        "LM_API_KEY_FILE": str(folder / "lm-api-key"),
        "LM_CACHE_RAM": "256",
        "LM_PROMPT_CACHE_DIR": str(folder / "prompts"),
        **settings,
    }
    fetch = [sys.executable, str(ROOT / "lm-api" / "fetch.py")]
    subprocess.run(fetch, env=os.environ | environment, check=True)  # at once when it is there
    program = Program([ROOT / "lm-api" / "start"], environment, folder / "lm-api.log")
    try:
        server = LmServer(f"http://127.0.0.1:{port}", program)
        program.wait_until(lambda: answers(f"{server.url}/health"), LOADING_SECONDS)
        yield server
    finally:
        program.end()


@pytest.fixture(scope="session")
def lm_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LmServer]:
    """One server for the whole session, with the settings' defaults and a small RAM cache."""
    with run_lm_server(tmp_path_factory.mktemp("lm-api")) as server:
        yield server
