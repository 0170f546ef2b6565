"""The whole of Parley, as `make local` runs it: real services, nginx, a small real model."""

import os
from collections.abc import Iterator

import httpx
import pytest

from local.nginx import nginx
from tests.support.local_stack import LocalStack


@pytest.fixture(scope="session")
def parley() -> Iterator[LocalStack]:
    """One running Parley. Without nginx it is still tried, directly; in CI nginx must be there."""
    assert nginx() or not os.environ.get("CI"), "CI needs nginx"
    with LocalStack(REPLY_TOKENS="80", TEMPERATURE="0", TIMINGS="on", PROMPT_SALT="on") as stack:
        yield stack


@pytest.fixture
def browser(parley: LocalStack) -> Iterator[httpx.Client]:
    """A client that keeps cookies, as a browser without JavaScript does."""
    with httpx.Client(base_url=parley.url, timeout=60) as client:
        yield client
