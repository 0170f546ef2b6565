"""Tokens, with which programs act for a session."""

from collections.abc import Sequence
from uuid import UUID

from app.clients.base import DbApi
from app.clients.types import Token, Tokens, TokenUse


class TokensClient:
    """db-api's tokens; what a program shows is signed by `app.api.signing`."""

    def __init__(self, api: DbApi) -> None:
        self._api = api

    async def create(
        self, session: UUID, name: str, scopes: Sequence[str], days: float | None = None
    ) -> Token:
        """A new one, for as many days as may be if none are given; TokensFull if there are too
        many."""
        body = {"name": name, "scopes": scopes} | ({} if days is None else {"days": days})
        return await self._api.call("POST", "/tokens", answer=Token, session=session, json=body)

    async def list_all(self, session: UUID) -> list[Token]:
        """Those that were not revoked, the newest first."""
        return (await self._api.call("GET", "/tokens", answer=Tokens, session=session)).items

    async def revoke(self, session: UUID, token: UUID) -> None:
        """It is refused from its next use on; NotFound if there is none."""
        await self._api.send("DELETE", f"/tokens/{token}", session=session)

    async def use(self, token: UUID) -> TokenUse:
        """Whom it acts for and what it may do; TokenRefused or SessionEnded."""
        return await self._api.call("POST", f"/tokens/{token}/use", answer=TokenUse)
