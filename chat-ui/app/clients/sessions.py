"""Sessions: made when a name is first given, renewed while they are used."""

from uuid import UUID

from app.clients.base import DbApi
from app.clients.types import Session

CURRENT = "/sessions/current"


class SessionsClient:
    """db-api's sessions, and whether db-api is ready."""

    def __init__(self, api: DbApi) -> None:
        self._api = api

    async def create(self, name: str, address: str | None = None) -> Session:
        """A new session, which begins at this address; LimitReached if many have just done so."""
        body = {"name": name, "address": address}
        return await self._api.call("POST", "/sessions", answer=Session, json=body)

    async def change(self, session: UUID, **fields: object) -> Session:
        """Sets the name, or what new chats begin with: `system_prompt`, `temperature`,
        `reply_tokens`, `turns` and `tools`; None is the default."""
        return await self._api.call("PATCH", CURRENT, answer=Session, session=session, json=fields)

    async def end(self, session: UUID) -> None:
        """Ends the session: nothing of it can be reached any more, a day later it is deleted."""
        await self._api.send("POST", f"{CURRENT}/end", session=session)

    async def delete(self, session: UUID) -> None:
        """Deletes the session with everything in it, for good; a hundred thousand messages take
        some seconds."""
        await self._api.send("DELETE", CURRENT, session=session, seconds=70)

    async def current(self, session: UUID) -> Session:
        """The session itself; SessionEnded if it is over."""
        return await self._api.call("GET", CURRENT, answer=Session, session=session)

    async def renew(self, session: UUID) -> Session:
        """Counts the session's days from now again; SessionEnded if it is over."""
        return await self._api.call("POST", f"{CURRENT}/renew", answer=Session, session=session)

    async def check_ready(self) -> None:
        """Unavailable unless db-api and its database answer."""
        await self._api.send("GET", "/ready", seconds=3)
