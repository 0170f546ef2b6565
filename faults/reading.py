"""Reads back what Parley holds: the chat's own export, and its pages."""

from dataclasses import dataclass

from tests.support.pages import articles, links, text_of

from faults.browser import Browser

CHAT = "/chats/"


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
        return self.state in ("complete", "stopped", "failed")


@dataclass(frozen=True)
class Copy:
    """One chat as it was read back."""

    chat: str
    messages: list[Stored]
    letters: dict[str, str]  # of every assistant message, as its page shows it


async def read_export(browser: Browser, chat: str) -> list[Stored]:
    """The messages of the chat's JSON export."""
    exported = (await browser.get(f"/chats/{chat}/export.json")).json()
    assert exported["format"] == "parley-chat", exported["format"]
    return [
        Stored(
            message["id"],
            message["parent_id"],
            message["seq"],
            message["role"],
            message["content"],
            message["reply"] and message["reply"]["state"],
            message["reply"] and message["reply"]["error"],
        )
        for message in exported["messages"]
    ]


async def read_back(browser: Browser, chat: str) -> Copy:
    """The chat whole: exported, and page by page."""
    letters: dict[str, str] = {}
    before: str | None = ""
    while before is not None:
        page = await browser.read_page(chat, before)
        letters |= {m.id: letters_of(m.body) for m in articles(page) if m.role == "assistant"}
        earlier = (link.partition("?before=") for link in links(page) if link.startswith(CHAT))
        before = next((message for _, mark, message in earlier if mark), None)
    return Copy(chat, await read_export(browser, chat), letters)


def read_chats(home: str) -> set[str]:
    """The chats that the home page lists."""
    return {link.removeprefix(CHAT) for link in links(home) if link.startswith(CHAT)}


def letters_of(html: str) -> str:
    """The letters of some HTML, without its tags: the part of rendered Markdown that stays the
    same while its marks come and go."""
    return "".join(filter(str.isalpha, text_of(html)))
