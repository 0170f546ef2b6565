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


class RunningExport:
    """The one that a session may have."""

    def __init__(self, exports: ExportsClient, session: UUID, export: UUID) -> None:
        self._exports, self._session, self._export = exports, session, export
        self._ended = False

    async def keep_renewing(self) -> None:
        """Until this is cancelled."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            with contextlib.suppress(ParleyError):
                await self._exports.renew(self._session, self._export)

    async def end(self) -> None:
        """Once."""
        if self._ended:
            return
        self._ended = True
        with contextlib.suppress(ParleyError):
            await self._exports.end(self._session, self._export)


@contextlib.asynccontextmanager
async def begin_export(exports: ExportsClient, session: UUID) -> AsyncIterator[RunningExport]:
    """LimitReached while the session has another one, before anything is read. What goes wrong in
    the block ends it."""
    running = RunningExport(exports, session, await exports.begin(session))
    try:
        yield running
    except BaseException:
        await running.end()
        raise


class ExportResponse(StreamingResponse):
    """Streams the pieces."""

    def __init__(
        self,
        running: RunningExport,
        pieces: AsyncIterator[str],
        media_type: str,
        headers: dict[str, str],
    ) -> None:
        self._running = running
        every = self._end_before_the_last_byte(pieces)
        super().__init__(every, media_type=media_type, headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        renewing = asyncio.create_task(self._running.keep_renewing())
        try:
            await super().__call__(scope, receive, send)
        finally:
            renewing.cancel()
            await self._running.end()

    async def _end_before_the_last_byte(self, pieces: AsyncIterator[str]) -> AsyncIterator[str]:
        """Whoever has all of it may ask for the next one at once."""
        async for piece in pieces:
            yield piece
        await self._running.end()
