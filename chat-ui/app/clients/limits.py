"""db-api's limits, remembered: forms show them, and the size of a form is bounded by them."""

import time

from app.clients.base import DbApi
from app.clients.types import Limits
from app.errors import Unavailable

KEPT_SECONDS = 300
RETRY_SECONDS = 10  # after a failure


class LimitsClient:
    """Asks when the limits are first needed, and again every few minutes. After a failure the last
    ones known stay in use."""

    def __init__(self, api: DbApi) -> None:
        self._api = api
        self._known: Limits | None = None
        self._expires = 0.0  # by the monotonic clock

    async def get(self) -> Limits:
        """The limits. Raises Unavailable while db-api has never told them."""
        now = time.monotonic()
        if self._known is None or now >= self._expires:
            self._expires = now + RETRY_SECONDS  # meanwhile everybody else uses those known
            try:
                self._known = await self._api.call("GET", "/limits", answer=Limits, seconds=5)
                self._expires = now + KEPT_SECONDS
            except Unavailable:
                if self._known is None:
                    raise
        return self._known

    async def find(self) -> Limits | None:
        """The limits; None while db-api has never told them."""
        try:
            return await self.get()
        except Unavailable:
            return None
