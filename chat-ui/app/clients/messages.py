"""The messages of a chat, always in the name of one session."""

from uuid import UUID

from app.clients.base import DbApi
from app.clients.types import Chat, Growth, MessagePage, MessageRun, News, Reply, Sent

FOLLOW_SECONDS = 20
MOST_KNOWN = 100  # db-api takes no more in one call


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
        return MessagePage.model_validate_json(
            await self._api.call("GET", f"/chats/{chat}/messages", session=session, params=params)
        )

    async def read_all(self, session: UUID, chat: UUID, *, after: int = 0) -> MessageRun:
        """A page of all messages in the order of writing, from the one after `after` on."""
        params = {"after": str(after)}
        return MessageRun.model_validate_json(
            await self._api.call(
                "GET", f"/chats/{chat}/messages/all", session=session, params=params
            )
        )

    async def send(
        self,
        session: UUID,
        chat: UUID,
        content: str,
        client_key: str,
        worker: str | None,
        replaces: UUID | None = None,
        seen: UUID | None = None,
    ) -> Sent:
        """Stores the message and its queued reply; claims it for `worker` if a slot is free. With
        `replaces` it becomes another version of that message; with `seen` it is refused if the
        chat does not lead through that message any more."""
        body: dict[str, object] = {"content": content, "client_key": client_key, "worker": worker}
        if replaces:
            body["replaces"] = str(replaces)
        if seen:
            body["seen"] = str(seen)
        return Sent.model_validate_json(
            await self._api.call("POST", f"/chats/{chat}/messages", session=session, json=body)
        )

    async def reply_again(
        self,
        session: UUID,
        chat: UUID,
        reply: UUID,
        client_key: str,
        worker: str | None,
        *,
        go_on: bool,
    ) -> Sent:
        """Another version of a reply: a new one, or with `go_on` one that begins with its text."""
        body = {"replaces": str(reply), "client_key": client_key, "worker": worker, "go_on": go_on}
        return Sent.model_validate_json(
            await self._api.call("POST", f"/chats/{chat}/replies", session=session, json=body)
        )

    async def remove(self, session: UUID, chat: UUID, message: UUID) -> Chat:
        """Deletes the message and everything below it, for good."""
        path = f"/chats/{chat}/messages/{message}"
        return Chat.model_validate_json(await self._api.call("DELETE", path, session=session))

    async def show(self, session: UUID, chat: UUID, message: UUID) -> Chat:
        """From now on the branch shown is the newest one through this message."""
        body = {"message_id": str(message)}
        return Chat.model_validate_json(
            await self._api.call("PUT", f"/chats/{chat}/head", session=session, json=body)
        )

    async def stop(self, session: UUID, chat: UUID, reply: UUID) -> Reply:
        """Asks a reply to stop; what was written stays."""
        path = f"/chats/{chat}/replies/{reply}/stop"
        return Reply.model_validate_json(await self._api.call("POST", path, session=session))

    async def follow(
        self,
        session: UUID,
        chat: UUID,
        *,
        since: int,
        known: list[Growth],
        head: UUID | None = None,
        text: bool = True,
        wait: float = FOLLOW_SECONDS,
    ) -> News:
        """What differs from what the caller knows, as soon as anything does (long poll).

        `since` is the highest message seq known; of each `known` reply only the state and the end
        of its text count; `head` is where the branch shown ended then. With `text=False` growing
        text alone is no news.
        """
        params = {
            "since": str(since),
            "known": [_known(growth) for growth in known[:MOST_KNOWN]],
            "text": str(text).lower(),
            "wait": str(wait),
        }
        if head:
            params["head"] = str(head)
        answer = await self._following.call(
            "GET", f"/chats/{chat}/follow", session=session, params=params, seconds=wait + 10
        )
        return News.model_validate_json(answer)


def _known(growth: Growth) -> str:
    reply = growth.reply
    place = "" if reply.place is None else reply.place
    read = "" if reply.prompt_tokens_read is None else reply.prompt_tokens_read
    length = growth.offset + len(growth.text)
    stopping = "stopping" if reply.stop_requested else ""
    return f"{reply.id}:{reply.state}:{reply.phase or ''}:{place}:{read}:{length}:{stopping}"
