"""The gateway under test, in front of an upstream that tells what it got."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from .gateway import NGINX, Gateway, free_port
from .upstream import Upstream


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip aloud where there is no nginx; in CI its absence is a failure, not a skip."""
    if NGINX or os.environ.get("CI"):
        return
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(
                pytest.mark.skip(reason="no nginx here (Debian: apt install nginx-light)")
            )


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """One chat-ui."""
    one = Upstream(free_port())
    yield one
    one.stop()


@pytest.fixture
def gateway(tmp_path: Path, upstream: Upstream) -> Iterator[Gateway]:
    """nginx in front of `upstream`."""
    nginx = Gateway(tmp_path, upstream.port)
    yield nginx
    nginx.stop()


@pytest.fixture
def client(gateway: Gateway) -> Iterator[httpx.Client]:
    """A browser, roughly: asks through the gateway, accepts gzip, follows nothing."""
    with httpx.Client(base_url=gateway.url, headers={"Accept-Encoding": "gzip"}) as browser:
        yield browser
