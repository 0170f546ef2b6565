"""What dies is started again, without a hand, and the reply it died in is written to its end."""

import time
from typing import Any

import httpx
import pytest

from .stack import SERVICES, Browser, Stack


@pytest.mark.parametrize("service", SERVICES)
def test_a_reply_outlives_a_kill_of_any_service(
    stack: Stack, browser: Browser, service: str
) -> None:
    chat = browser.open_chat("Ada")
    browser.ask(chat, "Tell me a long story about the sea.")
    shown = read_reply(browser, chat, enough=40)["content"]
    began = stack.inspect(service)[0]["State"]["StartedAt"]

    stack.kill(service)
    stack.wait_healthy(service, since=began)
    whole = read_reply(browser, chat)

    assert stack.inspect(service)[0]["RestartCount"] >= 1
    assert whole["reply"]["state"] == "complete"
    assert whole["content"].startswith(shown)
    browser.ask(chat, "Are you there?")
    assert read_reply(browser, chat)["reply"]["state"] == "complete"
    assert len(browser.replies(chat)) == 3, "the opening and two replies"


def read_reply(
    browser: Browser, chat: str, enough: int | None = None, seconds: float = 90
) -> dict[str, Any]:
    """The chat's last message, once it has that many characters, or has ended; by reloading as
    a patient person does."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            answer = browser.get(f"{chat}/export.json", timeout=5).raise_for_status()
            last: dict[str, Any] = answer.json()["messages"][-1]
        except (httpx.HTTPError, ValueError):  # refused, or cut off in the middle
            last = {}
        state = (last.get("reply") or {}).get("state")
        if state in {"complete", "stopped", "failed"}:
            return last
        if state and enough is not None and len(last["content"]) >= enough:
            return last
        time.sleep(0.2)
    raise AssertionError(f"no such reply within {seconds:.0f} s")
