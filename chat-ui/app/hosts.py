"""Which names chat-ui answers to. A page of another site can have its own name lead to this address
(DNS rebinding), and then its requests are none from another site. That takes a public name, so of
those only the one in PUBLIC_URL and those in TLS_NAMES are answered to."""

import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.errors import ApiError, write_error
from app.api.paths import is_api
from app.api.words import MESSAGES
from app.templating import Templates
from app.views.problems import ErrorPage, Problem


def read_name(host: str) -> str:
    """The name in a Host header, without its port; empty if there is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").removesuffix(".")
    except ValueError:
        return ""


def is_private(name: str) -> bool:
    """Whether nobody can have this name lead here who is not on the same network: an address, a
    single word, or a name that ends in `.local`."""
    if not name:
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." not in name or name.endswith(".local")
    return True


class RefuseUnknownHosts:
    """Answers requests for any other name with a page that says how to allow it. That page has its
    style: assets are for everybody."""

    def __init__(self, app: ASGIApp, *, public_names: frozenset[str], templates: Templates) -> None:
        self._app, self._public_names, self._templates = app, public_names, templates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        app = self._app
        if scope["type"] != "lifespan" and not scope["path"].startswith("/static/"):
            name = read_name(Headers(scope=scope).get("host", ""))
            if not is_private(name) and name not in self._public_names:
                app = self._refuse(scope["path"], name)
        await app(scope, receive, send)

    def _refuse(self, path: str, name: str) -> ASGIApp:
        if is_api(path):
            return write_error(ApiError(421, MESSAGES["unknown-host"]))
        page = ErrorPage(Problem("unknown-host", {"host": name}))
        return self._templates.page("error.html", page, 421)
