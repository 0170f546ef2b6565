"""What every answer of the API carries: an id to ask whoever runs Parley by, and for pages of the
sites in API_ORIGINS the permission to read it (CORS). Nothing of it is kept on the way."""

from collections.abc import Collection
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.paths import is_api
from app.security import STARTS

READABLE = (
    *("x-request-id", "retry-after", "x-should-retry", "x-cache", "x-queue-position"),
    *("x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
    *("x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
)


class ApiHeaders:
    """Leaves all other addresses alone."""

    def __init__(self, app: ASGIApp, *, origins: Collection[str]) -> None:
        self._app = self._api = app
        if origins:
            self._api = CORSMiddleware(
                app,
                allow_origins=origins,
                allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
                allow_headers=["*"],  # the SDK sends many of its own
                expose_headers=READABLE,
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "lifespan" or not is_api(scope["path"]):
            await self._app(scope, receive, send)
            return
        request_id = Headers(scope=scope).get("x-request-id") or uuid4().hex

        async def send_with_id(message: Message) -> None:
            if message["type"] in STARTS:
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._api(scope, receive, send_with_id)
