"""What every answer carries, and what no request from another site gets past."""

from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import CrossSite

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-DNS-Prefetch-Control": "off",  # hovering a link asks for no name that a model chose
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

# For pages that can record.
WITH_MICROPHONE = {"Permissions-Policy": "camera=(), geolocation=(), microphone=(self)"}

# An answer, or that to a WebSocket which is refused.
STARTS = ("http.response.start", "websocket.http.response.start")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


async def refuse_cross_site(request: Request) -> None:
    """Dependency of every route: raises CrossSite if another site's page would change something.

    Browsers say where a request comes from in Sec-Fetch-Site, older ones in Origin or Referer. A
    client that sends none of the three (curl, text browsers) has no page of another site that
    could misuse it; there the cookie's SameSite attribute guards.
    """
    if request.method in SAFE_METHODS:
        return
    headers = request.headers
    if site := headers.get("sec-fetch-site"):
        if site not in ("same-origin", "none"):
            raise CrossSite
        return
    source = headers.get("origin") or headers.get("referer")
    if source and urlsplit(source).netloc != headers.get("host"):
        raise CrossSite


class SecurityHeaders:
    """Adds HEADERS to every answer; one that sets a header itself keeps its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] in STARTS:
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        # HEAD is answered like GET; the server leaves the body out.
        method = {"method": "GET"} if scope.get("method") == "HEAD" else {}
        await self._app({**scope, **method}, receive, send_with_headers)
