"""Waiting for what is awaited, however slow the machine: the patience only ends a hopeless test."""

import time
import urllib.request
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def wait_until(
    is_so: Callable[[], Found | None], patience: float = 60, explain: Callable[[], object] = str
) -> Found:
    """What `is_so` returns as soon as that counts as true. Raises TimeoutError, with what
    `explain` returns, after so many seconds."""
    deadline = time.monotonic() + patience
    while not (found := is_so()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not so after {patience:.0f} s:\n{explain()}")
        time.sleep(0.02)
    return found


def answers(url: str) -> bool:
    """Whether a GET is answered by 200 now."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except OSError:  # an HTTP error is one, too
        return False
