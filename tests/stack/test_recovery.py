"""What dies is started again, without a hand; what was chatted is still there."""

import time

import httpx
import pytest

from .stack import SERVICES, Browser, Stack


@pytest.mark.parametrize("service", SERVICES)
def test_a_killed_process_is_started_again(stack: Stack, browser: Browser, service: str) -> None:
    chat = browser.open_chat("Ada")
    before = browser.replies(chat)
    began = stack.inspect(service)[0]["State"]["StartedAt"]

    stack.kill(service)
    stack.wait_healthy(service, since=began)

    assert stack.inspect(service)[0]["RestartCount"] >= 1
    assert open_again(browser, chat) == before
    browser.ask(chat, "Are you there?")
    browser.watch(chat)
    assert len(browser.replies(chat)) == len(before) + 1


def open_again(browser: Browser, chat: str, seconds: float = 30) -> list[str]:
    """Reload as a patient person (or our own error page) does."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return browser.replies(chat)
        except httpx.HTTPError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
