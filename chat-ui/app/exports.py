"""A chat as a file to take home: whole, and streamed a page at a time, however long it is."""

import json
from collections.abc import AsyncIterator
from uuid import UUID

from app.clients.chats import ChatsClient
from app.clients.types import Chat, Message, MessageRun
from app.templating import Templates

FORMAT = "parley-chat"
VERSION = 1


class Export:
    """One chat of one session, about to be read from its first message on."""

    def __init__(self, chats: ChatsClient, session: UUID, chat: Chat, first: MessageRun) -> None:
        self.chat = chat
        self._chats, self._session, self._first = chats, session, first

    @classmethod
    async def open(cls, chats: ChatsClient, session: UUID, chat: UUID) -> "Export":
        """Reads the first page, so that what can go wrong does so before anything is sent."""
        return cls(
            chats,
            session,
            await chats.get(session, chat),
            await chats.all_messages(session, chat),
        )

    async def _messages(self) -> AsyncIterator[Message]:
        page = self._first
        while True:
            for message in page.items:
                yield message
            if page.next is None:
                return
            page = await self._chats.all_messages(self._session, self.chat.id, after=page.next)

    async def as_json(self) -> AsyncIterator[str]:
        """`format`, `version`, `chat`, `messages`: a message a line, in the order of writing."""
        head = {"format": FORMAT, "version": VERSION, "chat": self.chat.model_dump(mode="json")}
        yield json.dumps(head, ensure_ascii=False)[:-1] + ', "messages": ['
        separator = "\n"
        async for message in self._messages():
            yield separator + message.model_dump_json()
            separator = ",\n"
        yield "\n]}\n"

    async def as_markdown(self, templates: Templates) -> AsyncIterator[str]:
        """The messages under headings, each exactly as it was written."""
        yield templates.render("export_head.md", chat=self.chat)
        async for message in self._messages():
            yield templates.render("export_message.md", message=message)
