"""Brings up the real compose.yaml once, as a project of its own, and takes it down again."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local.ports import free_port
from tests.stack.stack import Stack, run
from tests.support.person import open_chat


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Parley as `docker compose up --build --wait` starts it, with the small model. Without an
    engine its tests are reported as skipped; in CI they fail."""
    try:
        run("docker", "info")
        run("docker", "compose", "version")
    except (AssertionError, FileNotFoundError) as obstacle:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"the compose stack was not run: {obstacle}")
    run(Path(__file__).with_name("stand-ins"))
    parley = Stack("parley-test", free_port())
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
def browser(stack: Stack) -> Iterator[httpx.Client]:
    """A new person, with a cookie jar of their own."""
    with httpx.Client(base_url=stack.url, timeout=120) as somebody:
        yield somebody


@pytest.fixture
def chat(browser: httpx.Client) -> str:
    """Their chat."""
    return open_chat(browser, "Ada")
