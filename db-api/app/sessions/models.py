"""The table of sessions."""

from sqlalchemy.orm import Mapped

from app.base import Base, MadeId, Time, TimeOfWriting


class Session(Base):
    """One browser. Live while it is not revoked and has not expired."""

    __tablename__ = "sessions"

    id: Mapped[MadeId]
    created_at: Mapped[TimeOfWriting]
    last_seen_at: Mapped[TimeOfWriting]
    expires_at: Mapped[Time]
    revoked_at: Mapped[Time | None]
