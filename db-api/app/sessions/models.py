"""The table of sessions."""

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from app.db.base import Base, MadeId, Time, TimeOfWriting
from app.limits import NAME_CHARACTERS


class Session(Base):
    """One browser. Live while it is not revoked and has not expired.

    ``revoked_at`` is of the time when ending a session did not delete it yet.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint(f"char_length(name) BETWEEN 1 AND {NAME_CHARACTERS}", name="name"),
    )

    id: Mapped[MadeId]
    name: Mapped[str | None]
    created_at: Mapped[TimeOfWriting]
    last_seen_at: Mapped[TimeOfWriting]
    expires_at: Mapped[Time]
    revoked_at: Mapped[Time | None]
