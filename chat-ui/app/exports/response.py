"""An export as it is sent: the session's only one, until its last byte or until nobody reads it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import UUID

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.clients.exports import ExportsClient
from app.errors import ParleyError

RENEW_SECONDS = 20  # it would end by itself after a minute


class ExportResponse(StreamingResponse):
    """Streams the pieces; `begin` makes one."""

    _running: tuple[ExportsClient, UUID, UUID]
    _ended = False

    @classmethod
    async def begin(
        cls,
        exports: ExportsClient,
        session: UUID,
        pieces: AsyncIterator[str],
        media_type: str,
        headers: dict[str, str],
    ) -> "ExportResponse":
        """LimitReached while the session has another one."""
        export = await exports.begin(session)
        response = cls(pieces, media_type=media_type, headers=headers)
        response._running = exports, session, export
        response.body_iterator = response._end_before_the_last_byte(pieces)
        return response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        renewing = asyncio.create_task(_keep_renewing(*self._running))
        try:
            await super().__call__(scope, receive, send)
        finally:
            renewing.cancel()
            await self._end()

    async def _end_before_the_last_byte(self, pieces: AsyncIterator[str]) -> AsyncIterator[str]:
        """Whoever has all of it may ask for the next one at once."""
        async for piece in pieces:
            yield piece
        await self._end()

    async def _end(self) -> None:
        if self._ended:
            return
        self._ended = True
        exports, session, export = self._running
        with contextlib.suppress(ParleyError):
            await exports.end(session, export)


async def _keep_renewing(exports: ExportsClient, session: UUID, export: UUID) -> None:
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        with contextlib.suppress(ParleyError):
            await exports.renew(session, export)
