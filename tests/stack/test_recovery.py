"""What dies is started again, without a hand, and the reply it died in is written to its end."""

from typing import Any

import httpx
import pytest

from tests.stack.stack import SERVICES, Stack
from tests.support.person import send
from tests.support.waiting import wait_until


@pytest.mark.parametrize("service", SERVICES)
def test_a_reply_survives_a_kill_of_any_service(
    stack: Stack, browser: httpx.Client, chat: str, service: str
) -> None:
    send(browser, chat, "Tell me a long story about the sea.")
    shown = wait_until(lambda: read_reply(browser, chat, enough=40))["content"]

    stack.kill(service)
    whole = wait_until(lambda: read_reply(browser, chat), 120)

    assert stack.inspect(service)[0]["RestartCount"] >= 1
    assert whole["reply"]["state"] == "complete"
    assert whole["content"].startswith(shown)
    wait_until(lambda: is_sent(browser, chat, "Are you there?"))
    second = wait_until(lambda: read_reply(browser, chat, after=whole["id"]), 120)
    assert second["reply"]["state"] == "complete"


def is_sent(browser: httpx.Client, chat: str, text: str) -> bool:
    """Presses Send, as a patient person does until it works."""
    try:
        return send(browser, chat, text, key="one and the same").status_code == 303
    except httpx.HTTPError:
        return False


def test_a_runner_can_lock(stack: Stack) -> None:
    """Or its successor would have to wait for its leases."""
    assert stack.shell("chat-ui", "ls /run/runners").stdout


def read_reply(
    browser: httpx.Client, chat: str, enough: int = 10**9, after: str = ""
) -> dict[str, Any] | None:
    """The chat's last message, if it is a reply that has ended or has that many characters."""
    try:
        answer = browser.get(f"{chat}/export.json", timeout=5).raise_for_status()
        last: dict[str, Any] = answer.json()["messages"][-1]
    except (httpx.HTTPError, ValueError):  # refused, or cut off in the middle
        return None
    ended = (last["reply"] or {}).get("state") in {"complete", "stopped", "failed"}
    return last if (ended or len(last["content"]) >= enough) and last["id"] != after else None
