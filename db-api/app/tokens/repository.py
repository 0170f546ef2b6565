"""Queries about tokens. All but one take the session: whose a token is, nobody knows before."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, text, update

from app.db.base import AnyRow
from app.errors import TokenNotFound, TokenRefused, TokensFull
from app.limits import LIVE_TOKENS
from app.sessions.models import Session
from app.sessions.repository import days_from_now
from app.tokens.models import Token

COLUMNS = (
    Token.id,
    Token.name,
    Token.scopes,
    Token.created_at,
    Token.expires_at,
    Token.last_used_at,
)
IS_LIVE = (Token.revoked_at.is_(None), Token.expires_at > func.now())
FIND_SESSION = text("SELECT find_token(:token_id)")
# Rarely enough to cost nothing, often enough to show what is in use.
NOTE_USE = text("""
UPDATE tokens SET last_used_at = now()
WHERE id = :token_id AND session_id = :session_id
    AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
""")
# As the first page of a day does.
RENEW_SESSION = text("""
UPDATE sessions SET last_seen_at = now(), expires_at = now() + make_interval(days => :days)
WHERE id = :session_id AND last_seen_at < now() - interval '1 day'
""")


def create(
    connection: Connection, session_id: UUID, name: str, scopes: Sequence[str], days: int
) -> AnyRow:
    """Store a token, or TokensFull. The session's row is locked meanwhile: two that are made at
    the same time can't pass the limit together."""
    connection.execute(select(Session.id).where(Session.id == session_id).with_for_update())
    live = select(func.count()).where(Token.session_id == session_id, *IS_LIVE)
    if connection.execute(live).scalar_one() >= LIVE_TOKENS:
        raise TokensFull(limit=LIVE_TOKENS)
    values = {"session_id": session_id, "name": name, "scopes": list(dict.fromkeys(scopes))}
    statement = insert(Token).values(**values, expires_at=days_from_now(days))
    return connection.execute(statement.returning(*COLUMNS)).one()


def list_all(connection: Connection, session_id: UUID) -> Sequence[AnyRow]:
    """Those that were not revoked, the newest first; what has expired is among them for a day."""
    statement = (
        select(*COLUMNS)
        .where(Token.session_id == session_id, Token.revoked_at.is_(None))
        .order_by(Token.id.desc())
    )
    return connection.execute(statement).all()


def revoke(connection: Connection, session_id: UUID, token_id: UUID) -> None:
    """It is refused from now on. TokenNotFound if there is none, or if it was revoked before."""
    statement = (
        update(Token)
        .where(Token.id == token_id, Token.session_id == session_id, Token.revoked_at.is_(None))
        .values(revoked_at=func.now())
    )
    if connection.execute(statement).rowcount == 0:
        raise TokenNotFound


def find_session(connection: Connection, token_id: UUID) -> UUID:
    """The session that a live token acts for, or TokenRefused. Whether that is live, a transaction
    for it tells."""
    session: UUID | None = connection.execute(FIND_SESSION, {"token_id": token_id}).scalar_one()
    if session is None:
        raise TokenRefused
    return session


def use(connection: Connection, session_id: UUID, token_id: UUID, days: int) -> AnyRow:
    """The session and what the token may do. This use is noted, and keeps the session alive."""
    values = {"session_id": session_id, "token_id": token_id}
    connection.execute(NOTE_USE, values)
    connection.execute(RENEW_SESSION, {"session_id": session_id, "days": days})
    statement = select(Token.session_id, Token.scopes).where(
        Token.id == token_id, Token.session_id == session_id, *IS_LIVE
    )
    row = connection.execute(statement).one_or_none()
    if row is None:
        raise TokenRefused
    return row
