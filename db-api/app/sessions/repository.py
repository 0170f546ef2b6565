"""Queries about sessions. All of them take the session asked about."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Interval, func, insert, literal, select, update
from sqlalchemy.sql.elements import ColumnElement

from app.base import AnyRow
from app.sessions.models import Session

COLUMNS = (Session.id, Session.created_at, Session.last_seen_at, Session.expires_at)


def days_from_now(days: int) -> ColumnElement[Any]:
    """By the database's clock: it is the only one all copies share."""
    return func.now() + func.make_interval(0, 0, 0, literal(days), type_=Interval)


def begin(connection: Connection, session_id: UUID, days: int) -> AnyRow:
    """Store the new session."""
    statement = insert(Session).values(id=session_id, expires_at=days_from_now(days))
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


def end(connection: Connection, session_id: UUID) -> None:
    """From now on its id opens nothing."""
    connection.execute(
        update(Session).where(Session.id == session_id).values(revoked_at=func.now())
    )
