"""The runner in containers of its own. The stack stays so: this is its last test."""

import httpx

from tests.stack.stack import Stack
from tests.support.person import ask, messages


def test_workers_apart_from_the_pages_answer_too(
    stack: Stack, browser: httpx.Client, chat: str
) -> None:
    stack.env["RUNNER"] = "off"
    stack.up("--scale", "runner=2")
    assert len(stack.ids("runner")) == 2
    assert messages(ask(browser, chat, "Please say something nice."))[-1]
