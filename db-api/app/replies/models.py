"""The table of replies."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Identity, Index
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base
from app.jobs.models import UNFINISHED, LeasedJob, job_constraints


class Reply(LeasedJob, Base):
    """The job of writing one assistant message. Its progress is counted in code points.

    A reply is a sequence of steps. ``text`` is that of the step being written; ``finished_steps``
    are those before it, as a list of ``kind`` and ``text``. At the end the text moves into the
    message, once. ``queue_number`` is the order of asking: counted, not timed, because a clock can
    jump. ``requeued`` is, on the same count, when its session was last served while it was queued:
    whoever has had a turn goes to the end of the queue. ``continued``: it began with another
    version's text. ``error_size`` and ``error_limit`` are tokens; ``error_detail`` is what an
    earlier version stored where the kind is unknown.
    """

    __tablename__ = "replies"
    __table_args__ = (
        ForeignKeyConstraint(
            ["message_id", "chat_id", "session_id"],
            ["messages.id", "messages.chat_id", "messages.session_id"],
            ondelete="CASCADE",
        ),
        *job_constraints(),
        CheckConstraint("phase IN ('waiting', 'reading', 'writing')", name="phase"),
        CheckConstraint(
            "error IN ('crashed', 'model-broke', 'model-refused', 'prompt-too-long',"
            " 'reply-limit', 'unknown')",
            name="error",
        ),
        CheckConstraint(
            "(error_detail IS NOT NULL) = (error IS NOT DISTINCT FROM 'unknown')",
            name="error_detail",
        ),
        # The queue, the claims, and a chat's unfinished replies.
        Index("replies_unfinished_idx", "chat_id", "queue_number", postgresql_where=UNFINISHED),
        Index("replies_complete_idx", "finished_at", postgresql_where=sql("state = 'complete'")),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    chat_id: Mapped[UUID]
    session_id: Mapped[UUID]
    queue_number: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    requeued: Mapped[int | None] = mapped_column(BigInteger)
    phase: Mapped[str | None]
    text: Mapped[str] = mapped_column(server_default="")
    finished_steps: Mapped[list[Any]] = mapped_column(JSONB, server_default=sql("'[]'"))
    continued: Mapped[bool] = mapped_column(server_default=sql("false"))
    error: Mapped[str | None]
    error_size: Mapped[int | None]
    error_limit: Mapped[int | None]
    error_detail: Mapped[str | None]
    model: Mapped[str | None]
    prompt_tokens: Mapped[int | None]
    prompt_tokens_read: Mapped[int | None]
    completion_tokens: Mapped[int | None]
    first_token_ms: Mapped[int | None]
    total_ms: Mapped[int | None]
