"""Who is asking: the signed cookie holds the session's id, db-api knows whether it is live."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request

from app.clients.sessions import SessionsClient
from app.errors import NotFound
from app.settings import Settings, read_secret

COOKIE = "parley"
ID = "id"
RENEWED = "renewed"
DAY_SECONDS = 24 * 60 * 60


def add_session_cookie(app: FastAPI, settings: Settings) -> None:
    """Signs the cookie with the key in COOKIE_KEY_FILE. Another signature is no session."""
    app.add_middleware(
        SessionMiddleware,
        secret_key=read_secret(settings.cookie_key_file),
        session_cookie=COOKIE,
        max_age=settings.session_days * DAY_SECONDS,
    )


def find_session(request: Request) -> UUID | None:
    """The session the cookie names, or None."""
    value = request.session.get(ID)
    return UUID(value) if isinstance(value, str) else None


async def require_session(request: Request) -> UUID:
    """Dependency: the session. Whoever has none has no chats, so nothing can be found."""
    session = find_session(request)
    if session is None:
        raise NotFound
    return session


Session = Annotated[UUID, Depends(require_session)]


async def open_session(request: Request, sessions: SessionsClient, name: str) -> UUID:
    """A new session, remembered in the cookie."""
    session = await sessions.create(name)
    forget_session(request)
    request.session[ID] = str(session.id)
    request.session[RENEWED] = _today()
    return session.id


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
