"""The gateway under test, in front of an upstream that tells what it got."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from local.nginx import nginx
from tests.nginx.gateway import Gateway, running_gateway
from tests.nginx.upstream import Upstream


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """One chat-ui."""
    one = Upstream()
    yield one
    one.stop()


@pytest.fixture
def needs_nginx() -> None:
    """Where there is none the tests are reported as skipped; in CI they fail."""
    if not nginx() and not os.environ.get("CI"):
        pytest.skip("no nginx here (Debian: apt install nginx-light)")


@pytest.fixture
def gateway(needs_nginx: None, tmp_path: Path, upstream: Upstream) -> Iterator[Gateway]:
    """nginx in front of `upstream`."""
    with running_gateway(tmp_path, upstream.server_port) as gateway:
        yield gateway


@pytest.fixture
def client(gateway: Gateway) -> Iterator[httpx.Client]:
    """A browser, roughly: asks through the gateway, accepts gzip, follows nothing."""
    headers = {"Accept-Encoding": "gzip"}
    with httpx.Client(base_url=gateway.url, headers=headers, timeout=60) as browser:
        yield browser
