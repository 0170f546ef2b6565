"""The table of chats."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.base import Base, MadeId, TimeOfWriting


class Chat(Base):
    """A conversation. ``head`` is the last message of the branch shown; ``context_start`` is the
    first message the model is still given (none: all of them)."""

    __tablename__ = "chats"
    __table_args__ = (
        # What messages and replies point at, so that none can sit in somebody else's chat.
        UniqueConstraint("id", "session_id"),
        ForeignKeyConstraint(
            ["head", "id", "session_id"],
            ["messages.id", "messages.chat_id", "messages.session_id"],
            use_alter=True,
        ),
        ForeignKeyConstraint(
            ["context_start", "id", "session_id"],
            ["messages.id", "messages.chat_id", "messages.session_id"],
            use_alter=True,
        ),
        CheckConstraint("char_length(username) BETWEEN 1 AND 80", name="username"),
        CheckConstraint("char_length(title) <= 80", name="title"),
        # The list of a session's chats, newest first.
        Index(None, "session_id", "updated_at", "id"),
    )

    id: Mapped[MadeId]
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    username: Mapped[str]
    title: Mapped[str | None]
    system_prompt: Mapped[str]
    created_at: Mapped[TimeOfWriting]
    updated_at: Mapped[TimeOfWriting]
    head: Mapped[UUID | None]
    context_start: Mapped[UUID | None]
