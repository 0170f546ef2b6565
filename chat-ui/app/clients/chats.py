"""A session's chats: what they are called, how they are set, whether they are kept."""

from uuid import UUID

from app.clients.base import DbApi
from app.clients.types import Chat, ChatPage, DeletedChat, DeletedChats, Page, Prompt, SearchPage


class ChatsClient:
    """db-api's chats, always in the name of one session."""

    def __init__(self, api: DbApi) -> None:
        self._api = api

    async def create(
        self, session: UUID, username: str, system_prompt: str, opening_message: str
    ) -> Chat:
        """A new chat that begins with the opening message."""
        body = {
            "username": username,
            "system_prompt": system_prompt,
            "opening_message": opening_message,
        }
        return Chat.model_validate_json(
            await self._api.call("POST", "/chats", session=session, json=body)
        )

    async def list_newest(
        self,
        session: UUID,
        *,
        username: str | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> ChatPage:
        """The session's chats, newest first; only those under `username` if it is given."""
        params = {"limit": str(limit)}
        if username is not None:
            params["username"] = username
        if before is not None:
            params["before"] = before
        return ChatPage.model_validate_json(
            await self._api.call("GET", "/chats", session=session, params=params)
        )

    async def list_deleted(self, session: UUID) -> list[DeletedChat]:
        """Those that can be brought back, the one deleted last first; the 200 last, at most."""
        params = {"limit": "200"}
        answer = await self._api.call("GET", "/chats/deleted", session=session, params=params)
        return DeletedChats.model_validate_json(answer).items

    async def get(self, session: UUID, chat: UUID) -> Chat:
        """The chat; NotFound if there is none or it is somebody else's."""
        return Chat.model_validate_json(
            await self._api.call("GET", f"/chats/{chat}", session=session)
        )

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
        """The chat with the messages that end at its head or just above `before`, or stand around
        `at`, on a branch that leads through it; and the newest chats."""
        params = {"limit": str(limit), "beside": str(beside)}
        if before is not None:
            params["before"] = str(before)
        elif at is not None:
            params["at"] = str(at)
        answer = await self._api.call("GET", f"/chats/{chat}/page", session=session, params=params)
        return Page.model_validate_json(answer)

    async def change(self, session: UUID, chat: UUID, **fields: object) -> Chat:
        """Sets what is given of `title`, `pinned`, `system_prompt`, `temperature` and
        `reply_tokens`; None for the last two is the default."""
        return Chat.model_validate_json(
            await self._api.call("PATCH", f"/chats/{chat}", session=session, json=fields)
        )

    async def remove(self, session: UUID, chat: UUID) -> None:
        """Deletes the chat; for a day `restore` brings it back."""
        await self._api.call("DELETE", f"/chats/{chat}", session=session)

    async def restore(self, session: UUID, chat: UUID) -> Chat:
        """Brings a deleted chat back; NotFound if it is gone for good."""
        return Chat.model_validate_json(
            await self._api.call("POST", f"/chats/{chat}/restore", session=session)
        )

    async def prompt(self, session: UUID, chat: UUID) -> Prompt:
        """What the language model would get before the next message."""
        return Prompt.model_validate_json(
            await self._api.call("GET", f"/chats/{chat}/prompt", session=session)
        )

    async def search(
        self, session: UUID, query: str, *, offset: int = 0, limit: int = 20
    ) -> SearchPage:
        """Chats and messages in which every word of `query` begins a word."""
        params = {"q": query, "offset": str(offset), "limit": str(limit)}
        return SearchPage.model_validate_json(
            await self._api.call("GET", "/search", session=session, params=params)
        )
