"""The table of sessions."""

from sqlalchemy import REAL, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, MadeId, Time, TimeOfWriting
from app.limits import HIGHEST_TEMPERATURE, MOST_TURNS, NAME_CHARACTERS


class Session(Base):
    """One browser. Live while it is not revoked and has not expired.

    New chats begin with its ``system_prompt``, ``temperature``, ``reply_tokens``, ``turns`` and
    ``tools``.
    ``revoked_at`` is when its person signed out; a day later it is deleted.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint(f"char_length(name) BETWEEN 1 AND {NAME_CHARACTERS}", name="name"),
        CheckConstraint(f"temperature BETWEEN 0 AND {HIGHEST_TEMPERATURE}", name="temperature"),
        CheckConstraint("reply_tokens >= 1", name="reply_tokens"),
        CheckConstraint(f"turns BETWEEN 1 AND {MOST_TURNS}", name="turns"),
    )

    id: Mapped[MadeId]
    name: Mapped[str | None]
    system_prompt: Mapped[str | None]
    temperature: Mapped[float | None] = mapped_column(REAL)
    reply_tokens: Mapped[int | None]
    turns: Mapped[int | None]
    tools: Mapped[bool | None]
    created_at: Mapped[TimeOfWriting]
    last_seen_at: Mapped[TimeOfWriting]
    expires_at: Mapped[Time]
    revoked_at: Mapped[Time | None]
