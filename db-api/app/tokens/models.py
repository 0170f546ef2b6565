"""The table of tokens."""

from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, MadeId, Time, TimeOfWriting
from app.limits import NAME_CHARACTERS


class Token(Base):
    """What a program shows to act for the session: chat-ui signs the ``id``, and nothing else of
    what the program has is kept here. Live while it is not revoked and has not expired, and its
    session is live, too. ``last_used_at`` is told to the minute. A day after its end it is deleted.
    Its own buckets are told by when they are full again, as those of `SessionUsage`.
    """

    __tablename__ = "tokens"
    __table_args__ = (
        CheckConstraint(f"char_length(name) BETWEEN 1 AND {NAME_CHARACTERS}", name="name"),
        CheckConstraint(
            "cardinality(scopes) > 0"
            " AND scopes <@ ARRAY['chat', 'read', 'documents']::character varying[]",
            name="scopes",
        ),
    )

    id: Mapped[MadeId]
    session_id: Mapped[UUID] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), index=True
    )
    name: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String))
    created_at: Mapped[TimeOfWriting]
    expires_at: Mapped[Time]
    last_used_at: Mapped[Time | None]
    revoked_at: Mapped[Time | None]
    messages_full_at: Mapped[Time | None]
    tokens_full_at: Mapped[Time | None]
