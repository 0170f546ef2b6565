"""A session's export, of which db-api allows one at a time."""

from uuid import UUID

from app.clients.base import DbApi
from app.clients.types import Export


class ExportsClient:
    """Begins, renews and ends one."""

    def __init__(self, api: DbApi) -> None:
        self._api = api

    async def begin(self, session: UUID) -> UUID:
        """LimitReached while the session has another one. It ends by itself after a minute."""
        return (await self._api.call("POST", "/exports", answer=Export, session=session)).id

    async def renew(self, session: UUID, export: UUID) -> None:
        """Another minute; NotFound if another one has begun meanwhile."""
        await self._api.send("PUT", f"/exports/{export}", session=session)

    async def end(self, session: UUID, export: UUID) -> None:
        """The session may begin another one; NotFound if it has ended."""
        await self._api.send("DELETE", f"/exports/{export}", session=session)
