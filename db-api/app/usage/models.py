"""The tables of what is counted for limits."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, LargeBinary
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Time


class SessionUsage(Base):
    """One session's, as soon as it has a chat. ``bytes`` is what its chats and messages count as. A
    bucket is told by when it is full again (sql/limits/take_from.sql). ``export_id`` is the export
    that runs, if ``export_until`` is still to come."""

    __tablename__ = "session_usage"

    session_id: Mapped[UUID] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True
    )
    bytes: Mapped[int] = mapped_column(BigInteger, server_default=sql("0"))
    messages_full_at: Mapped[Time | None]
    chats_full_at: Mapped[Time | None]
    tokens_full_at: Mapped[Time | None]
    export_id: Mapped[UUID | None]
    export_until: Mapped[Time | None]


class Address(Base):
    """Where sessions began a moment ago: a hash of the address, and the bucket of those that may
    begin there."""

    __tablename__ = "addresses"

    address: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    full_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
