"""Reads back what Parley holds: the chat's own export, and its pages."""

from dataclasses import dataclass
from typing import Any

from faults import pages
from faults.browser import Browser

FINAL = {"complete", "stopped", "failed"}


@dataclass(frozen=True)
class Stored:
    """One exported message. `state` is its reply's, None where it has none."""

    id: str
    parent: str | None
    seq: int
    role: str
    content: str
    state: str | None
    error: str | None

    @property
    def final(self) -> bool:
        """Whether nothing will be added any more."""
        return self.state in FINAL


@dataclass(frozen=True)
class Copy:
    """One chat as it was read back."""

    chat: str
    session: str
    messages: list[Stored]
    letters: dict[str, str]  # of every assistant message, as its page shows it

    @property
    def finished(self) -> bool:
        """Whether every reply is final."""
        return all(m.final for m in self.messages if m.state is not None)


async def read_export(browser: Browser, chat: str) -> list[Stored]:
    """The messages of the chat's JSON export."""
    exported = (await browser.get(f"/chats/{chat}/export.json")).json()
    assert exported["format"] == "parley-chat", exported["format"]
    return [_read(message) for message in exported["messages"]]


def _read(message: dict[str, Any]) -> Stored:
    reply = message["reply"] or {}
    return Stored(
        message["id"],
        message["parent_id"],
        message["seq"],
        message["role"],
        message["content"],
        reply.get("state"),
        reply.get("error"),
    )


async def read_back(browser: Browser, chat: str) -> Copy:
    """The chat whole: exported, and page by page."""
    messages = await read_export(browser, chat)
    letters: dict[str, str] = {}
    page = await browser.read_page(chat)
    while True:
        for shown in pages.read_messages(page):
            if shown.role == "assistant":
                letters[shown.id] = pages.letters_of(shown.body)
        before = pages.read_earlier(page)
        if before is None:
            return Copy(chat, browser.name, messages, letters)
        page = await browser.read_page(chat, before)
