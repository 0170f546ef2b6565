"""What programs' calls take of what their session may, where nothing is stored that counts."""

from uuid import UUID

from app.clients.base import DbApi
from app.clients.usage_types import Room

MOST_TOKENS = 1_000_000  # db-api takes no larger number


class UsageClient:
    """db-api's counts."""

    def __init__(self, api: DbApi) -> None:
        self._api = api

    async def take_call(self, session: UUID, tokens: int) -> Room:
        """One call, which takes so many tokens at most, and what is left; LimitReached if there may
        be none now."""
        path, body = "/usage/calls", {"tokens": min(tokens, MOST_TOKENS)}
        return await self._api.call("POST", path, answer=Room, session=session, json=body)

    async def count_tokens(self, session: UUID, tokens: int, reserved: int, seconds: float) -> None:
        """Those that it took of what was `reserved` so many seconds ago."""
        used = {"tokens": min(tokens, MOST_TOKENS), "reserved": min(reserved, MOST_TOKENS)}
        body = {**used, "seconds": min(seconds, 3600)}
        await self._api.send("POST", "/usage/tokens", session=session, json=body)
