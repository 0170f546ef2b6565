"""The table of replies."""

from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Identity,
    Index,
)
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.base import Base, Time, TimeOfWriting

UNFINISHED = sql("state IN ('queued', 'running')")


class Reply(Base):
    """The job of writing one assistant message.

    ``text`` grows here and moves into the message's content once, at the end. ``number`` is the
    order of asking: counted, not timed, because a clock can jump. ``rejoined`` is, on the same
    count, when its session was last served while it waited: whoever has had a turn stands at
    the end of the line again. ``length_at_claim`` (in code points) tells at the next claim
    whether the last one got anywhere. ``prefilled`` is how much of the text came from another
    reply, which this one goes on with.
    """

    __tablename__ = "replies"
    __table_args__ = (
        ForeignKeyConstraint(
            ["message_id", "chat_id", "session_id"],
            ["messages.id", "messages.chat_id", "messages.session_id"],
            ondelete="CASCADE",
        ),
        CheckConstraint(
            "state IN ('queued', 'running', 'complete', 'stopped', 'failed')", name="state"
        ),
        CheckConstraint("phase IN ('waiting', 'reading', 'writing')", name="phase"),
        CheckConstraint(
            "state <> 'running' OR (worker IS NOT NULL AND lease_until IS NOT NULL)", name="lease"
        ),
        CheckConstraint(
            "(state IN ('queued', 'running')) = (finished_at IS NULL)", name="finished"
        ),
        # The waiting line, the claims, and a chat's unfinished replies.
        Index("replies_unfinished_idx", "chat_id", "number", postgresql_where=UNFINISHED),
        Index("replies_complete_idx", "finished_at", postgresql_where=sql("state = 'complete'")),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    chat_id: Mapped[UUID]
    session_id: Mapped[UUID]
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    rejoined: Mapped[int | None] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(server_default="queued")
    phase: Mapped[str | None]
    text: Mapped[str] = mapped_column(server_default="")
    prefilled: Mapped[int] = mapped_column(server_default=sql("0"))
    worker: Mapped[str | None]
    lease_until: Mapped[Time | None]
    attempts: Mapped[int] = mapped_column(server_default=sql("0"))
    length_at_claim: Mapped[int] = mapped_column(server_default=sql("0"))
    stop_requested: Mapped[bool] = mapped_column(server_default=sql("false"))
    error: Mapped[str | None]
    model: Mapped[str | None]
    prompt_tokens: Mapped[int | None]
    prompt_tokens_read: Mapped[int | None]
    completion_tokens: Mapped[int | None]
    first_token_ms: Mapped[int | None]
    total_ms: Mapped[int | None]
    created_at: Mapped[TimeOfWriting]
    started_at: Mapped[Time | None]
    finished_at: Mapped[Time | None]
