"""Brings up the real compose.yaml once, as a project of its own, and takes it down again."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .stack import ROOT, Browser, Stack, run

HERE = Path(__file__).parent


def find_obstacle() -> str | None:
    """Why there can be no stack here, or None."""
    if not shutil.which("docker"):
        return "there is no docker command"
    if subprocess.run(["docker", "info"], capture_output=True).returncode:
        return "no Docker Engine answers"
    if subprocess.run(["docker", "compose", "version"], capture_output=True).returncode:
        return "docker has no compose v2"
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip aloud without an engine; in CI that is a failure (the fixture says which)."""
    mine = [item for item in items if "stack" in getattr(item, "fixturenames", ())]
    if mine and not os.environ.get("CI") and (obstacle := find_obstacle()):
        for item in mine:
            item.add_marker(pytest.mark.skip(reason=f"the compose stack was not run: {obstacle}"))


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Parley as `docker compose up --build --wait` starts it, with the small model."""
    if obstacle := find_obstacle():
        pytest.fail(f"the compose stack can't be run: {obstacle}")
    run(HERE / "stand-ins")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    parley = Stack("parley-test", port)
    parley.compose("down", "--volumes", "--remove-orphans", "--timeout", "1")
    try:
        began = time.monotonic()
        parley.up("--build")
        parley.remember_start()
        print(f"up --build --wait took {time.monotonic() - began:.0f} s")
        yield parley
    finally:
        if os.environ.get("KEEP_STACK"):
            print(f"kept: {parley.url}; end it with docker compose -p parley-test down -v")
        else:
            parley.compose("down", "--volumes", "--rmi", "local", "--timeout", "1")


@pytest.fixture
def browser(stack: Stack) -> Iterator[Browser]:
    """Somebody new, with a cookie jar of their own."""
    with Browser(stack.url) as somebody:
        yield somebody


def pytest_report_header() -> str:
    """Which images are stand-ins is said by tests/stack/stand-ins; this says where it is."""
    return f"stack: {ROOT / 'compose.yaml'}"
