"""What a browser prefers: a theme, keys or none, and its distance from UTC. Cookies of their own,
readable by our scripts; they say nothing about anybody."""

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.paths import is_api

Theme = Literal["system", "light", "dark"]
THEMES: tuple[Theme, ...] = ("system", "light", "dark")
YEAR_SECONDS = 365 * 24 * 60 * 60
FURTHEST_MINUTES = 14 * 60


def read_theme(text: str | None) -> Theme:
    """The theme of that name, else the system's."""
    for theme in THEMES:
        if theme == text:
            return theme
    return "system"


@dataclass(frozen=True)
class Preferences:
    """One browser's; the defaults are those of a browser that never chose."""

    theme: Theme = "system"
    keys: bool = True  # single letters as shortcuts
    zone: tzinfo | None = None  # None until a script has told it

    @classmethod
    def of(cls, request: Request) -> "Preferences":
        """From the cookies; what can't be understood is the default."""
        cookies = request.cookies
        return cls(read_theme(cookies.get("theme")), cookies.get("keys") != "off", _zone(cookies))

    def save(self, response: Response) -> None:
        """Into cookies. The zone is the script's own."""
        for name, value in (("theme", self.theme), ("keys", "on" if self.keys else "off")):
            response.set_cookie(name, value, max_age=YEAR_SECONDS, samesite="lax")

    def here(self, moment: datetime) -> datetime:
        """The moment by this browser's clock."""
        return moment.astimezone(self.zone or UTC)


def _zone(cookies: dict[str, str]) -> tzinfo | None:
    """`utc_offset` holds the minutes that its clock is ahead of UTC; None if it doesn't."""
    try:
        minutes = int(cookies.get("utc_offset", ""))
    except ValueError:
        return None
    return timezone(timedelta(minutes=minutes)) if abs(minutes) <= FURTHEST_MINUTES else None


_current: ContextVar[Preferences] = ContextVar("preferences")


def current() -> Preferences:
    """Those of the request that is being answered."""
    return _current.get(Preferences())


class ReadPreferences:
    """Reads them once per request, for every template. Programs have none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http" and not is_api(scope["path"]):
            _current.set(Preferences.of(Request(scope)))
        await self._app(scope, receive, send)
