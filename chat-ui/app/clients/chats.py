"""Chats and their messages, always in the name of one session."""

from uuid import UUID

from app.clients.base import DbApi
from app.clients.types import Chat, ChatPage, Growth, MessagePage, MessageRun, News, Reply, Sent

FOLLOW_SECONDS = 20
MOST_KNOWN = 100  # db-api takes no more in one call


class ChatsClient:
    """db-api's chats, messages and what a watcher needs of replies."""

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
        return Chat.model_validate(
            await self._api.call("POST", "/chats", session=session, json=body)
        )

    async def list_newest(
        self,
        session: UUID,
        *,
        username: str | None = None,
        before: UUID | None = None,
        limit: int = 50,
    ) -> ChatPage:
        """The session's chats, newest first; only those under `username` if it is given."""
        params = {"limit": str(limit)}
        if username is not None:
            params["username"] = username
        if before is not None:
            params["before"] = str(before)
        return ChatPage.model_validate(
            await self._api.call("GET", "/chats", session=session, params=params)
        )

    async def get(self, session: UUID, chat: UUID) -> Chat:
        """The chat; NotFound if there is none or it is somebody else's."""
        return Chat.model_validate(await self._api.call("GET", f"/chats/{chat}", session=session))

    async def messages(
        self, session: UUID, chat: UUID, *, before: UUID | None = None, limit: int = 50
    ) -> MessagePage:
        """A page of the branch shown, ending at its head or just above `before`."""
        params = {"limit": str(limit)}
        if before is not None:
            params["before"] = str(before)
        return MessagePage.model_validate(
            await self._api.call("GET", f"/chats/{chat}/messages", session=session, params=params)
        )

    async def all_messages(self, session: UUID, chat: UUID, *, after: int = 0) -> MessageRun:
        """A page of all messages in the order of writing, from the one after `after` on."""
        params = {"after": str(after)}
        return MessageRun.model_validate(
            await self._api.call(
                "GET", f"/chats/{chat}/messages/all", session=session, params=params
            )
        )

    async def send(
        self, session: UUID, chat: UUID, content: str, client_key: str, worker: str | None
    ) -> Sent:
        """Stores the message and its queued reply; claims it for `worker` if a slot is free."""
        body = {"content": content, "client_key": client_key, "worker": worker}
        return Sent.model_validate(
            await self._api.call("POST", f"/chats/{chat}/messages", session=session, json=body)
        )

    async def stop(self, session: UUID, chat: UUID, reply: UUID) -> Reply:
        """Asks a reply to stop; what was written stays."""
        path = f"/chats/{chat}/replies/{reply}/stop"
        return Reply.model_validate(await self._api.call("POST", path, session=session))

    async def follow(
        self,
        session: UUID,
        chat: UUID,
        *,
        since: int,
        known: list[Growth],
        text: bool = True,
        wait: float = FOLLOW_SECONDS,
    ) -> News:
        """What differs from what the caller knows, as soon as anything does (long poll).

        `since` is the highest message seq known; of each `known` reply only the state and the end
        of its text count. With `text=False` growing text alone is no news.
        """
        params = {
            "since": str(since),
            "known": [_known(growth) for growth in known[:MOST_KNOWN]],
            "text": str(text).lower(),
            "wait": str(wait),
        }
        answer = await self._api.call(
            "GET", f"/chats/{chat}/follow", session=session, params=params, seconds=wait + 10
        )
        return News.model_validate(answer)


def _known(growth: Growth) -> str:
    reply = growth.reply
    place = "" if reply.place is None else reply.place
    read = "" if reply.prompt_tokens_read is None else reply.prompt_tokens_read
    length = growth.offset + len(growth.text)
    return f"{reply.id}:{reply.state}:{reply.phase or ''}:{place}:{read}:{length}"
