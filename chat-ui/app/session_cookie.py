"""The signed cookie of a session: `parley` over plain http, `__Host-parley` over https.

A name with this prefix is kept only if it is Secure and of this very host, so nobody on the network
can read it or put another in its place. When TLS is turned on, the cookie of before is accepted
once, and replaced. Before TLS is turned off, browsers get the plain one as well (`keep_plain`):
over plain http they will send no other.
"""

from starlette.datastructures import MutableHeaders
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.paths import is_api

PLAIN = "parley"
SECURE = f"__Host-{PLAIN}"
REISSUE = "reissue_session_cookie"  # in the scope
DELETED = f"{SECURE}=null;"  # how Starlette's begins


class SessionCookie:
    """Chooses by the scheme of the request. `request.session` is what the cookie holds. The API's
    requests have no session: there nothing can read the cookie."""

    def __init__(self, app: ASGIApp, key: str, max_age: int, keep_plain: bool) -> None:
        self._app = app
        reissued = Reissue(app)
        self._plain = SessionMiddleware(reissued, key, PLAIN, max_age)
        self._secure = SessionMiddleware(reissued, key, SECURE, max_age, https_only=True)
        self._keep_plain = keep_plain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "lifespan" and is_api(scope["path"]):
            await self._app(scope, receive, send)
            return
        if scope.get("scheme") != "https":
            await self._plain(scope, receive, send)
            return
        cookies = HTTPConnection(scope).cookies
        taken_over = SECURE not in cookies and PLAIN in cookies
        if taken_over:
            cookie = (b"cookie", f"{SECURE}={cookies[PLAIN]}".encode("latin-1"))
            scope = {**scope, "headers": [*scope["headers"], cookie]}

        async def send_plain_too(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                secure = [c for c in headers.getlist("set-cookie") if c.startswith(f"{SECURE}=")]
                for cookie in secure:
                    if self._keep_plain or taken_over or cookie.startswith(DELETED):
                        headers.append("set-cookie", self._copy(cookie))
            await send(message)

        reissue = taken_over or (self._keep_plain and PLAIN not in cookies)
        await self._secure({**scope, REISSUE: reissue}, receive, send_plain_too)

    def _copy(self, cookie: str) -> str:
        """For plain http: the same, or its end."""
        plain = cookie.removeprefix("__Host-").replace("; secure", "")
        if self._keep_plain:
            return plain
        return f"{PLAIN}=null; path=/; max-age=0; httponly; samesite=lax"


class Reissue:
    """Has a session's cookie set again where that is wanted, though nothing in it changes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope.get(REISSUE) and scope["session"]:
            scope["session"].mark_modified()
        await self._app(scope, receive, send)
