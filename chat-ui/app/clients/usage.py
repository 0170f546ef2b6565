"""What programs' calls take of what their session may, where nothing is stored that counts."""

from uuid import UUID

from app.clients.base import DbApi


class UsageClient:
    """db-api's counts."""

    def __init__(self, api: DbApi) -> None:
        self._api = api

    async def take_call(self, session: UUID) -> None:
        """One call; LimitReached if there may be none now."""
        await self._api.send("POST", "/usage/calls", session=session)

    async def count_tokens(self, session: UUID, tokens: int) -> None:
        """Those that it took."""
        await self._api.send("POST", "/usage/tokens", session=session, json={"tokens": tokens})
