"""The messages of a chat, always in the name of one session."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import TypeAdapter

from app.clients.base import DbApi
from app.clients.queue_types import Sent
from app.clients.types import Chat, MessagePage, MessageRun, Mode
from app.clients.updates import ChatUpdate, KnownReply

FOLLOW_SECONDS = 20
MOST_KNOWN = 100  # db-api takes no more in one call

KNOWN = TypeAdapter(Sequence[KnownReply])


class MessagesClient:
    """db-api's messages, their versions, and what a watcher needs of replies. Calls that wait go by
    `following`."""

    def __init__(self, api: DbApi, following: DbApi) -> None:
        self._api, self._following = api, following

    async def read(
        self,
        session: UUID,
        chat: UUID,
        *,
        before: UUID | None = None,
        at: UUID | None = None,
        limit: int = 50,
    ) -> MessagePage:
        """A page of the branch shown, ending at its head or just above `before`; or the page
        around `at`, on a branch that leads through it."""
        params = {"limit": str(limit)}
        if before is not None:
            params["before"] = str(before)
        elif at is not None:
            params["at"] = str(at)
        path = f"/chats/{chat}/messages"
        return await self._api.call("GET", path, answer=MessagePage, session=session, params=params)

    async def read_all(self, session: UUID, chat: UUID, *, after: int = 0) -> MessageRun:
        """A page of all messages in the order of writing, from the one after `after` on."""
        path, params = f"/chats/{chat}/messages/all", {"after": str(after)}
        return await self._api.call("GET", path, answer=MessageRun, session=session, params=params)

    async def send(
        self,
        session: UUID,
        chat: UUID,
        content: str,
        client_key: str,
        worker: str | None,
        replaces: UUID | None = None,
        seen: UUID | None = None,
        mode: Mode | None = None,
        pictures: Sequence[UUID] = (),
    ) -> Sent:
        """Stores the message and its queued reply; claims it for `worker` if a slot is free. With
        `replaces` it becomes another version of that message; with `seen` it is refused if the
        chat does not lead through that message any more. `mode` is how to answer it; `pictures` are
        documents of the chat that go with it."""
        body: dict[str, object] = {"content": content, "client_key": client_key, "worker": worker}
        if replaces:
            body["replaces"] = str(replaces)
        if seen:
            body["seen"] = str(seen)
        if mode:
            body["mode"] = mode
        if pictures:
            body["pictures"] = [str(picture) for picture in pictures]
        path = f"/chats/{chat}/messages"
        return await self._api.call("POST", path, answer=Sent, session=session, json=body)

    async def begin(
        self,
        session: UUID,
        content: str,
        client_key: str,
        worker: str | None,
        system_prompt: str,
        opening_message: str,
    ) -> Sent:
        """As `send`, into a new chat that begins with the opening message and this one."""
        body = {
            "content": content,
            "client_key": client_key,
            "worker": worker,
            "system_prompt": system_prompt,
            "opening_message": opening_message,
        }
        path = "/chats/messages"
        return await self._api.call("POST", path, answer=Sent, session=session, json=body)

    async def remove(self, session: UUID, chat: UUID, message: UUID) -> Chat:
        """Deletes the message and everything below it, for good."""
        path = f"/chats/{chat}/messages/{message}"
        return await self._api.call("DELETE", path, answer=Chat, session=session)

    async def show(self, session: UUID, chat: UUID, message: UUID) -> Chat:
        """From now on the branch shown is the newest one through this message."""
        path, body = f"/chats/{chat}/head", {"message_id": str(message)}
        return await self._api.call("PUT", path, answer=Chat, session=session, json=body)

    async def follow(
        self,
        session: UUID,
        chat: UUID,
        *,
        since: int,
        known: Sequence[KnownReply],
        head: UUID | None = None,
        text: bool = True,
        wait: float = FOLLOW_SECONDS,
    ) -> ChatUpdate:
        """What differs from what the caller knows, as soon as anything does (long poll).

        `since` is the highest message seq known; `head` is where the branch shown ended then. With
        `text=False` growing text alone is no difference.
        """
        params = {
            "since": str(since),
            "known": KNOWN.dump_json(known[:MOST_KNOWN]).decode(),
            "text": str(text).lower(),
            "wait": str(wait),
        }
        if head:
            params["head"] = str(head)
        return await self._following.call(
            "GET",
            f"/chats/{chat}/follow",
            answer=ChatUpdate,
            session=session,
            params=params,
            seconds=wait + 10,
        )
