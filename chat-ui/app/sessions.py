"""Who is asking: the signed cookie holds the session's id, db-api knows whether it is live."""

import contextlib
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI
from starlette.requests import Request

from app.addresses import find_network
from app.clients.sessions import SessionsClient
from app.errors import NotFound, SessionEnded
from app.session_cookie import SessionCookie
from app.settings import Settings, read_secret

ID = "id"
RENEWED = "renewed"
DAY_SECONDS = 24 * 60 * 60


def add_session_cookie(app: FastAPI, settings: Settings) -> None:
    """Signs the cookie with the key in COOKIE_KEY_FILE. Another signature is no session."""
    app.add_middleware(
        SessionCookie,
        key=read_secret(settings.cookie_key_file),
        max_age=settings.session_days * DAY_SECONDS,
        keep_plain=settings.tls_off_soon == "on",
    )


def find_session(request: Request) -> UUID | None:
    """The session the cookie names, or None."""
    value = request.session.get(ID)
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


async def require_session(request: Request) -> UUID:
    """Dependency: the session. Whoever has none has no chats, so nothing can be found."""
    session = find_session(request)
    if session is None:
        raise NotFound
    return session


Session = Annotated[UUID, Depends(require_session)]


async def open_session(request: Request, sessions: SessionsClient, name: str) -> UUID:
    """A new session, remembered in the cookie."""
    session = await sessions.create(name, find_network(request) or None)
    forget_session(request)
    request.session[ID] = str(session.id)
    request.session[RENEWED] = _today()
    return session.id


async def name_session(
    request: Request, sessions: SessionsClient, name: str, **settings: object
) -> UUID:
    """The session under this name, with these settings of new chats. It is a new one where this is
    the first name: an id from before may be known to whoever put it into this browser."""
    session = find_session(request)
    if session is not None:
        with contextlib.suppress(SessionEnded):
            if (await sessions.current(session)).name is not None:
                await sessions.change(session, name=name, **settings)
                return session
    session = await open_session(request, sessions, name)
    if settings:
        await sessions.change(session, **settings)
    return session


async def renew_session(request: Request, sessions: SessionsClient, session: UUID) -> None:
    """Renews cookie and row, on the first page of a day."""
    if request.session.get(RENEWED) != _today():
        await sessions.renew(session)
        request.session[RENEWED] = _today()


def forget_session(request: Request) -> None:
    """Takes the cookie back."""
    request.session.clear()


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
