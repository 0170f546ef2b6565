"""The table of chats."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    REAL,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    false,
)
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, MadeId, Time, TimeOfWriting
from app.limits import HIGHEST_TEMPERATURE, MOST_TURNS, NAME_CHARACTERS, TITLE_CHARACTERS


class Chat(Base):
    """A conversation.

    ``head`` is the last message of the branch shown; ``context_start`` is the first message the
    model is still given (none: all of them). ``last_seq`` is the highest ``seq`` ever given to a
    message of it. Without ``temperature`` and ``reply_tokens`` the runner's own are used; without
    ``turns`` the model is given as many as fit; ``tools`` says whether it may call some, if it is
    not left to the runner. ``client_key`` is that of the message it began
    with, if it began with one. ``mode`` is how its last question was to be answered, if that was
    said.
    ``expires_at`` is that of what a program asked for (``app/completions``): no list and no search
    has it, and it is purged then; ``sampling`` is how its reply is written, beside the temperature,
    and ``request_sha256`` what the same request is known by when it is sent again.
    ``deleted_at`` hides it from everything but its restoration, until it is purged.
    """

    __tablename__ = "chats"
    __table_args__ = (
        # What messages and replies point at, so that none can sit in somebody else's chat.
        UniqueConstraint("id", "session_id"),
        UniqueConstraint("session_id", "client_key"),
        ForeignKeyConstraint(
            ["head", "id", "session_id"],
            ["messages.id", "messages.chat_id", "messages.session_id"],
            use_alter=True,
        ),
        ForeignKeyConstraint(
            ["context_start", "id", "session_id"],
            ["messages.id", "messages.chat_id", "messages.session_id"],
            ondelete="SET NULL (context_start)",
            use_alter=True,
        ),
        CheckConstraint(f"char_length(username) BETWEEN 1 AND {NAME_CHARACTERS}", name="username"),
        CheckConstraint(f"char_length(title) <= {TITLE_CHARACTERS}", name="title"),
        CheckConstraint(f"temperature BETWEEN 0 AND {HIGHEST_TEMPERATURE}", name="temperature"),
        CheckConstraint("reply_tokens >= 1", name="reply_tokens"),
        CheckConstraint(f"turns BETWEEN 1 AND {MOST_TURNS}", name="turns"),
        CheckConstraint("mode IN ('free', 'documents', 'exact')", name="mode"),
        # The list of a session's chats, read backwards: the pinned ones, then the newest.
        Index(None, "session_id", "pinned", "updated_at", "id"),
        Index("chats_expires_idx", "expires_at", postgresql_where=sql("expires_at IS NOT NULL")),
        Index(
            "chats_request_idx",
            "session_id",
            "request_sha256",
            postgresql_where=sql("request_sha256 IS NOT NULL"),
        ),
        Index("chats_deleted_idx", "deleted_at", postgresql_where=sql("deleted_at IS NOT NULL")),
        Index("chats_search_idx", sql("search_words(session_id, title)"), postgresql_using="gin"),
    )

    id: Mapped[MadeId]
    session_id: Mapped[UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"))
    username: Mapped[str]
    title: Mapped[str | None]
    pinned: Mapped[bool] = mapped_column(server_default=false())
    system_prompt: Mapped[str]
    temperature: Mapped[float | None] = mapped_column(REAL)
    reply_tokens: Mapped[int | None]
    turns: Mapped[int | None]
    tools: Mapped[bool | None]
    mode: Mapped[str | None]
    created_at: Mapped[TimeOfWriting]
    updated_at: Mapped[TimeOfWriting]
    head: Mapped[UUID | None]
    context_start: Mapped[UUID | None]
    last_seq: Mapped[int] = mapped_column(server_default=sql("0"))
    client_key: Mapped[str | None]
    expires_at: Mapped[Time | None]
    sampling: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    request_sha256: Mapped[str | None]
    deleted_at: Mapped[Time | None]
