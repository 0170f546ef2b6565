"""Lists of chats, by day, and what a search found."""

import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Literal
from uuid import UUID

from markupsafe import Markup, escape

from app import preferences
from app.clients.types import ChatPage, Hit, ListedChat, SearchPage

NO_CHATS = ChatPage(items=[], next=None)
OPEN, CLOSE = "\ue000", "\ue001"  # around what was looked for, in a hit's snippet
# A link in a part of a reply's Markdown, which may begin or end in its words or in its address.
LINK = re.compile(
    rf"(?:!?\[([^][]*))?\]\({OPEN}?(?:/|#|https?{CLOSE}?:)[^()\s…]*(?:\)|(?=…))"
    r"|\[(?=[^][]*…(?: …|$))"
    r"|(?<=…)(?=[^()\s…]*[/#?])[^()\[\]\s…]{20,}\)"
)
REFERENCE = re.compile(r"&#(3[3-9]|[4-9]\d|1[01]\d|12[0-6]);")  # as tools write marks


@dataclass(frozen=True)
class ChatGroup:
    """Chats of one day, or those that are pinned; `_chats.html` has the words for each kind."""

    kind: Literal["pinned", "today", "yesterday", "day"]
    day: date
    chats: list[ListedChat]


@dataclass(frozen=True)
class ChatList:
    """`_chats.html`: `next` leads to older ones, `current` is the chat that is open."""

    groups: list[ChatGroup]
    next: str | None
    current: UUID | None = None

    @property
    def version(self) -> str:
        """Another one whenever the list would look different, or the open chat does."""
        shown = [
            (chat.id, chat.title, chat.writing, group.kind, group.day)
            for group in self.groups
            for chat in group.chats
        ]
        return f"{zlib.crc32(repr((self.head, shown)).encode()):x}"

    @property
    def head(self) -> UUID | None:
        """The last message of the chat that is open, if that is among these."""
        chats = (chat for group in self.groups for chat in group.chats)
        return next((chat.head for chat in chats if chat.id == self.current), None)

    @property
    def latest(self) -> ListedChat | None:
        """The one written to last."""
        chats = (chat for group in self.groups for chat in group.chats)
        return max(chats, key=lambda chat: chat.updated_at, default=None)


def view_chats(page: ChatPage, current: UUID | None = None) -> ChatList:
    """A page of chats, by the day of their last message on this browser's clock."""
    here = preferences.current().here
    today = here(datetime.now(UTC)).date()
    groups = [
        ChatGroup(_kind(pinned, day, today), day, list(chats))
        for (pinned, day), chats in groupby(page.items, key=lambda c: _heading(c, today))
    ]
    return ChatList(groups, page.next, current)


def _heading(chat: ListedChat, today: date) -> tuple[bool, date]:
    day = preferences.current().here(chat.updated_at).date()
    return (True, today) if chat.pinned else (False, day)


def _kind(pinned: bool, day: date, today: date) -> Literal["pinned", "today", "yesterday", "day"]:
    if pinned:
        return "pinned"
    if day >= today:
        return "today"
    return "yesterday" if day == today - timedelta(days=1) else "day"


@dataclass(frozen=True)
class HitView:
    """Something found, with what was looked for marked."""

    hit: Hit
    snippet: Markup


@dataclass(frozen=True)
class SearchView:
    """`search.html`: None for `hits` before anything was looked for."""

    chats: ChatList
    query: str
    hits: list[HitView] | None
    offset: int = 0
    more: int | None = None  # the offset of the next page
    chat: UUID | None = None  # the only one that was searched


def view_search(
    chats: ChatList, query: str, found: SearchPage, offset: int, chat: UUID | None = None
) -> SearchView:
    """A page of what was found."""
    hits = [HitView(hit, mark(_read(hit))) for hit in found.items]
    more = offset + len(hits) if found.more else None
    return SearchView(chats, query, hits, offset, more, chat)


def _read(hit: Hit) -> str:
    """What was found: of a reply, which is Markdown, the words of links without their addresses."""
    if hit.role != "assistant":
        return hit.snippet
    words = LINK.sub(lambda link: link[1] or "", hit.snippet)
    return REFERENCE.sub(lambda reference: chr(int(reference[1])), words)


def mark(snippet: str) -> Markup:
    """The text with its marks as elements; whatever else is in it is only text."""
    return Markup("").join(_mark(snippet))


def _mark(snippet: str) -> Iterable[Markup]:
    before, *found = snippet.split(OPEN)
    yield escape(before.replace(CLOSE, ""))
    for part in found:
        marked, _, after = part.partition(CLOSE)
        yield Markup("<mark>{}</mark>").format(marked)
        yield escape(after.replace(CLOSE, ""))
