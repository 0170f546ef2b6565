"""A session's chats: what they are called, how they are set, whether they are kept."""

from uuid import UUID

from app.clients.base import DbApi
from app.clients.document_types import Page
from app.clients.prompt_types import Prompt, ReplyPrompt
from app.clients.types import Chat, ChatPage, DeletedChat, DeletedChats, SearchPage

MOST_DELETED = 200


class ChatsClient:
    """db-api's chats, always in the name of one session. Searches, which wait for their turn, go by
    `searching`."""

    def __init__(self, api: DbApi, searching: DbApi) -> None:
        self._api, self._searching = api, searching

    async def create(
        self, session: UUID, username: str, system_prompt: str, opening_message: str
    ) -> Chat:
        """A new chat that begins with the opening message."""
        body = {
            "username": username,
            "system_prompt": system_prompt,
            "opening_message": opening_message,
        }
        return await self._api.call("POST", "/chats", answer=Chat, session=session, json=body)

    async def list_newest(
        self,
        session: UUID,
        *,
        username: str | None = None,
        before: str | None = None,
        limit: int = 50,
        empty: bool = False,
    ) -> ChatPage:
        """The session's chats, newest first; only those under `username` if it is given. With
        `empty` also those in which nobody has written yet."""
        params = {"limit": str(limit), "empty": str(empty).lower()}
        if username is not None:
            params["username"] = username
        if before is not None:
            params["before"] = before
        return await self._api.call(
            "GET", "/chats", answer=ChatPage, session=session, params=params
        )

    async def list_deleted(self, session: UUID) -> list[DeletedChat]:
        """Those that can be restored, the one deleted last first."""
        params = {"limit": str(MOST_DELETED)}
        deleted = await self._api.call(
            "GET", "/chats/deleted", answer=DeletedChats, session=session, params=params
        )
        return deleted.items

    async def get(self, session: UUID, chat: UUID) -> Chat:
        """The chat; NotFound if there is none or it is somebody else's."""
        return await self._api.call("GET", f"/chats/{chat}", answer=Chat, session=session)

    async def page(
        self,
        session: UUID,
        chat: UUID,
        *,
        before: UUID | None = None,
        at: UUID | None = None,
        limit: int = 50,
        beside: int = 50,
    ) -> Page:
        """The chat with the messages that end at its head or just above `before`, or are around
        `at`, on a branch that leads through it; and the newest chats."""
        params = {"limit": str(limit), "beside": str(beside)}
        if before is not None:
            params["before"] = str(before)
        elif at is not None:
            params["at"] = str(at)
        path = f"/chats/{chat}/page"
        return await self._api.call("GET", path, answer=Page, session=session, params=params)

    async def change(self, session: UUID, chat: UUID, **fields: object) -> Chat:
        """Sets what is given of `title`, `pinned`, `system_prompt`, `temperature`,
        `reply_tokens`, `turns` and `tools`; None for the last four is the default."""
        path = f"/chats/{chat}"
        return await self._api.call("PATCH", path, answer=Chat, session=session, json=fields)

    async def remove(self, session: UUID, chat: UUID) -> None:
        """Deletes the chat; for a day `restore` undoes it."""
        await self._api.send("DELETE", f"/chats/{chat}", session=session)

    async def restore(self, session: UUID, chat: UUID) -> Chat:
        """Undoes the deletion; NotFound if the chat is gone for good."""
        path = f"/chats/{chat}/restore"
        return await self._api.call("POST", path, answer=Chat, session=session)

    async def prompt(self, session: UUID, chat: UUID) -> Prompt:
        """What the language model would get before the next message."""
        path = f"/chats/{chat}/prompt"
        return await self._api.call("GET", path, answer=Prompt, session=session)

    async def prompt_of_reply(self, session: UUID, chat: UUID, reply: UUID) -> ReplyPrompt:
        """What the language model got for a reply; NotFound if the chat has no such reply."""
        path = f"/chats/{chat}/replies/{reply}/prompt"
        return await self._api.call("GET", path, answer=ReplyPrompt, session=session)

    async def search(
        self,
        session: UUID,
        query: str,
        *,
        chat: UUID | None = None,
        offset: int = 0,
        limit: int = 20,
    ) -> SearchPage:
        """Chats and messages in which every word of `query` begins a word; a few of each chat, or
        all of one."""
        params = {"q": query, "offset": str(offset), "limit": str(limit)}
        if chat:
            params["chat"] = str(chat)
        return await self._searching.call(
            "GET", "/search", answer=SearchPage, session=session, params=params
        )
