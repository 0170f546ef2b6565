"""Queries about sessions. All of them take the session asked about."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Interval, delete, func, insert, literal, select, update
from sqlalchemy.sql.elements import ColumnElement

from app.db.base import AnyRow
from app.sessions.models import Session

COLUMNS = (
    Session.id,
    Session.name,
    Session.system_prompt,
    Session.temperature,
    Session.reply_tokens,
    Session.turns,
    Session.tools,
    Session.created_at,
    Session.last_seen_at,
    Session.expires_at,
)

# Years of chats go in one step; nothing else waits for it.
DELETING_MS = 60_000


def days_from_now(days: int) -> ColumnElement[Any]:
    """By the database's clock: it is the only one all copies share."""
    return func.now() + func.make_interval(0, 0, 0, literal(days), type_=Interval)


def begin(connection: Connection, session_id: UUID, name: str | None, days: int) -> AnyRow:
    """Store the new session."""
    statement = insert(Session).values(id=session_id, name=name, expires_at=days_from_now(days))
    return connection.execute(statement.returning(*COLUMNS)).one()


def find(connection: Connection, session_id: UUID) -> AnyRow:
    """The session; the transaction's beginning made sure that it is live."""
    return connection.execute(select(*COLUMNS).where(Session.id == session_id)).one()


def renew(connection: Connection, session_id: UUID, days: int) -> AnyRow:
    """Its days start again now."""
    statement = (
        update(Session)
        .where(Session.id == session_id)
        .values(last_seen_at=func.now(), expires_at=days_from_now(days))
    )
    return connection.execute(statement.returning(*COLUMNS)).one()


def change(connection: Connection, session_id: UUID, values: Mapping[str, Any]) -> AnyRow:
    """The session with these columns changed."""
    if not values:
        return find(connection, session_id)
    statement = update(Session).where(Session.id == session_id).values(values)
    return connection.execute(statement.returning(*COLUMNS)).one()


def end(connection: Connection, session_id: UUID) -> None:
    """Nothing of it can be reached from now on, in this transaction either."""
    connection.execute(
        update(Session).where(Session.id == session_id).values(revoked_at=func.now())
    )


def delete_all(connection: Connection, session_id: UUID) -> None:
    """Delete it, and all that hangs on it: chats, messages, replies."""
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = {DELETING_MS}")
    connection.execute(delete(Session).where(Session.id == session_id))
