"""A Parley with a small real model, a token, and programs in an environment of their own."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.model import SMALL
from local.nginx import nginx
from local.stack import ROOT
from local.venv import ensure_venv
from tests.chat_ui.programs import make_token
from tests.support.embedding_model import write_embedding_model
from tests.support.local_stack import LocalStack
from tests.support.person import open_chat

HERE = Path(__file__).parent
VECTORS = "random"

Run = Callable[..., Any]
"""Runs a program of `programs/` with these arguments; what it prints, which is JSON."""


@pytest.fixture(scope="session")
def parley(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    assert nginx() or not os.environ.get("CI"), "CI needs nginx"
    model = tmp_path_factory.mktemp("models") / f"{VECTORS}.gguf"
    write_embedding_model(model)
    with LocalStack(REPLY_TOKENS="80", EMBED_MODEL=str(model), TEMPERATURE="0") as stack:
        stack.wait_until_model_is_ready()
        yield stack


@pytest.fixture(scope="session")
def environment(
    parley: LocalStack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """What every program is started with: where Parley is, and a token of somebody's."""
    with httpx.Client(base_url=parley.url, timeout=60) as browser:
        open_chat(browser)
        token = make_token(browser)
        yield {
            **os.environ,
            "OPENAI_BASE_URL": f"{parley.url}/v1",
            "OPENAI_API_KEY": token,
            "MODEL": SMALL,
            "VECTORS": VECTORS,
            "HOME": str(tmp_path_factory.mktemp("home")),
            # It would ask GitHub for prices.
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "LANGSMITH_TRACING": "false",
        }


@pytest.fixture(scope="session")
def programs() -> Path:
    """The folder with their commands, and a Python that has them."""
    python = ensure_venv(ROOT / ".cache" / "api", [HERE / "requirements.txt"])
    return python.parent


@pytest.fixture(scope="session")
def run(programs: Path, environment: dict[str, str]) -> Run:
    def run(name: str, *arguments: str) -> Any:
        command = [programs / "python", HERE / "programs" / f"{name}.py", *arguments]
        return json.loads(call(command, environment))

    return run


def call(command: list[Any], environment: dict[str, str], status: int = 0) -> str:
    """What a command prints, which ends with this status."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout
