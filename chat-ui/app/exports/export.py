"""Reads chats page by page and streams them as JSON or as Markdown."""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from app.clients.chats import ChatsClient
from app.clients.document_types import Document
from app.clients.messages import MessagesClient
from app.clients.types import Chat, Message, MessageRun
from app.errors import NotFound
from app.exports.format import begin_chat, begin_chats, write_message
from app.templating import Templates

PAGE = 100  # chats read at once

T = TypeVar("T")
TakeTurn = Callable[[], AbstractAsyncContextManager[None]]

# Of each message: which one is above it, and when it was written.
Written = dict[UUID, tuple[UUID | None, datetime]]


class Export:
    """One chat of one session, about to be read from its first message on. Each page is a turn of
    its own, reading and writing alike: no export keeps others from their pages."""

    def __init__(
        self,
        messages: MessagesClient,
        session: UUID,
        chat: Chat,
        documents: Sequence[Document],
        first: MessageRun,
        take_turn: TakeTurn,
    ) -> None:
        self.chat, self._documents = chat, documents
        self._messages, self._session, self._first = messages, session, first
        self._take_turn = take_turn

    @classmethod
    async def open(
        cls,
        messages: MessagesClient,
        session: UUID,
        chat: Chat,
        documents: Sequence[Document],
        take_turn: TakeTurn,
    ) -> "Export":
        """Reads the first page, so that what can go wrong does so before anything is sent."""
        async with take_turn():
            first = await messages.read_all(session, chat.id)
        return cls(messages, session, chat, documents, first, take_turn)

    async def _read(self, write: Callable[[Sequence[Message]], T]) -> AsyncIterator[T]:
        """What `write` makes of each page."""
        yield write(self._first.items)
        after = self._first.next
        while after is not None:
            async with self._take_turn():
                page = await self._messages.read_all(self._session, self.chat.id, after=after)
                after, written = page.next, write(page.items)
            yield written

    async def as_json(self) -> AsyncIterator[str]:
        """`format`, `version`, `chat`, `documents` if it has some, `messages`: a message a line, in
        the order of writing."""
        yield begin_chat(self.chat, self._documents)
        separator = "\n"
        async for piece in self._read(lambda items: ",\n".join(map(write_message, items))):
            if piece:  # a page may be empty: its messages may have been deleted meanwhile
                yield separator + piece
                separator = ",\n"
        yield "\n]}\n"

    async def as_markdown(self, templates: Templates) -> AsyncIterator[str]:
        """The branch shown, its messages under headings, each exactly as it was written but for the
        marks of its sources; behind it, under a heading of their own, all others. Read once for
        each of these, and once before to know the branch: a chat may be longer than fits into
        memory."""
        written: Written = {}
        async for some in self._read(
            lambda items: {m.id: (m.parent_id, m.created_at) for m in items}
        ):
            written |= some
        shown = set(_climb(written, self.chat.head))
        yield templates.render("export_head.md", chat=self.chat, documents=self._documents)

        def write(message: Message, level: int) -> str:
            above = written.get(message.parent_id) if level > 2 and message.parent_id else None
            after = above[1] if above else None
            return templates.render("export_message.md", message=message, level=level, after=after)

        async for piece in self._read(
            lambda items: "".join(write(m, 2) for m in items if m.id in shown)
        ):
            yield piece
        if len(shown) == len(written):
            return
        yield templates.render("export_others.md")
        async for piece in self._read(
            lambda items: "".join(write(m, 3) for m in items if m.id not in shown)
        ):
            yield piece


def _climb(written: Written, last: UUID | None) -> Iterator[UUID]:
    """From a branch's last message up to its first."""
    while last and last in written:
        yield last
        last, _ = written[last]


async def open_all(
    chats: ChatsClient,
    messages: MessagesClient,
    documents: Sequence[Document],
    session: UUID,
    take_turn: TakeTurn,
) -> AsyncIterator[Export]:
    """Every chat of the session, newest first. A chat that is deleted meanwhile is left out."""
    # The whole list first: while it is exported it may change its order.
    found: dict[UUID, Chat] = {}
    page = await chats.list_newest(session, limit=PAGE, empty=True)
    while True:
        found |= {chat.id: chat for chat in page.items}
        if page.next is None:
            break
        page = await chats.list_newest(session, before=page.next, limit=PAGE, empty=True)
    for chat in found.values():
        its_own = [d for d in documents if any(one.id == chat.id for one in d.chats)]
        with contextlib.suppress(NotFound):
            yield await Export.open(messages, session, chat, its_own, take_turn)


async def join_json(exports: AsyncIterator[Export]) -> AsyncIterator[str]:
    """`format`, `version`, `chats`: each as it is by itself."""
    yield begin_chats()
    separator = "\n"
    async for export in exports:
        yield separator
        async for piece in export.as_json():
            yield piece
        separator = ",\n"
    yield "]}\n"


async def join_markdown(exports: AsyncIterator[Export], templates: Templates) -> AsyncIterator[str]:
    """One chat below the other."""
    separator = ""
    async for export in exports:
        yield separator
        async for piece in export.as_markdown(templates):
            yield piece
        separator = "\n\n"
