"""The tables of replies, and of what they have from documents."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKeyConstraint, Identity, Index
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Time
from app.jobs.models import UNFINISHED, LeasedJob, job_constraints
from app.limits import MOST_CALLS

# Where its transaction says that it was asked from, and with which token (`db/asking.py`).
ASKING = "(NULLIF(current_setting('app.token_id'::text, true), ''::text))::uuid"
NETWORK = "NULLIF(current_setting('app.network'::text, true), ''::text)"


class Reply(LeasedJob, Base):
    """The job of writing one assistant message. Its progress is counted in code points.

    A reply is a sequence of steps. ``text`` is that of the step being written; ``finished_steps``
    are those before it, as a list of ``kind`` and ``text``. ``calls`` are the tools that its model
    has called before its words, as a list of ``ToolCall``. At the end the text moves into the
    message, once. ``queue_number`` is the order of asking: counted, not timed, because a clock can
    jump. ``requeued`` is, on the same count, when its session was last served while it was queued:
    whoever has had a turn goes to the end of the queue. ``continued``: it began with another
    version's text. ``error_size`` and ``error_limit`` are tokens; ``error_detail`` is what an
    earlier version stored where the kind is unknown. ``mode`` is how it is to be answered; unless
    freely, ``found`` is null until passages were searched for, then whether those are good enough;
    ``unread_pages`` were not read then. ``saw`` is null until it is known how the model gets the
    pictures of the messages: as they are, as their text, or not at all. ``prompt_start`` is the
    first message that the model was given, ``prompt_sha256`` the hash of all that it was given, by
    which a rebuilt prompt is known to be the same. ``cache_key`` is the hash of that, the model and
    its settings, if the same may be answered by it again; ``cached`` is what was.
    ``listened_until``: it is only written while a program listens, which it does until then at
    least (``sql/completions/is_paused.sql``).
    ``network`` is the hash of the address that it was asked from, ``token_id`` the token that a
    program showed for it, until it ends. ``tokens_reserved`` is the most that it may take of the
    session's tokens a minute; of what it did take, ``tokens_counted`` are counted already.
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
        CheckConstraint(f"jsonb_array_length(calls) <= {MOST_CALLS}", name="calls"),
        CheckConstraint("mode IN ('free', 'documents', 'exact')", name="mode"),
        CheckConstraint("unread_pages >= 0", name="unread_pages"),
        CheckConstraint("saw IN ('picture', 'text', 'nothing')", name="saw"),
        # The queue, the claims, and a chat's unfinished replies.
        Index("replies_unfinished_idx", "chat_id", "queue_number", postgresql_where=UNFINISHED),
        Index(
            "replies_cache_idx",
            "session_id",
            "cache_key",
            postgresql_where=sql("cache_key IS NOT NULL"),
        ),
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
    calls: Mapped[list[Any]] = mapped_column(JSONB, server_default=sql("'[]'"))
    continued: Mapped[bool] = mapped_column(server_default=sql("false"))
    error: Mapped[str | None]
    error_size: Mapped[int | None]
    error_limit: Mapped[int | None]
    error_detail: Mapped[str | None]
    mode: Mapped[str] = mapped_column(server_default="free")
    found: Mapped[bool | None]
    unread_pages: Mapped[int | None]
    saw: Mapped[str | None]
    prompt_start: Mapped[UUID | None]
    prompt_sha256: Mapped[str | None]
    listened_until: Mapped[Time | None]
    network: Mapped[str | None] = mapped_column(server_default=sql(NETWORK))
    token_id: Mapped[UUID | None] = mapped_column(server_default=sql(ASKING))
    tokens_reserved: Mapped[int] = mapped_column(server_default=sql("0"))
    tokens_counted: Mapped[int] = mapped_column(server_default=sql("0"))
    cache_key: Mapped[str | None]
    cached: Mapped[bool] = mapped_column(server_default=sql("false"))
    model: Mapped[str | None]
    prompt_tokens: Mapped[int | None]
    prompt_tokens_read: Mapped[int | None]
    completion_tokens: Mapped[int | None]
    first_token_ms: Mapped[int | None]
    total_ms: Mapped[int | None]


def of_a_reply(*, without_document: str) -> tuple[ForeignKeyConstraint, ...]:
    """What holds for all that a reply has from documents: it is of one session, and goes with the
    message. `without_document`: what becomes of it when the document is deleted."""
    return (
        ForeignKeyConstraint(
            ["message_id", "chat_id", "session_id"],
            ["messages.id", "messages.chat_id", "messages.session_id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["document_id", "session_id"],
            ["documents.id", "documents.session_id"],
            ondelete=without_document,
        ),
        ForeignKeyConstraint(
            ["document_id", "page"],
            ["document_pages.document_id", "document_pages.number"],
            ondelete=without_document,
        ),
    )


class ReplyPassage(Base):
    """A passage found for a reply, the best one first, and its sentence whose vector is nearest
    to the question's, if it has vectors."""

    __tablename__ = "reply_passages"
    __table_args__ = (
        *of_a_reply(without_document="CASCADE"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("0 <= start_offset AND start_offset < end_offset", name="offsets"),
        CheckConstraint(
            "num_nulls(sentence_start, sentence_end) IN (0, 2)"
            " AND (sentence_start IS NULL OR (start_offset <= sentence_start"
            " AND sentence_start < sentence_end AND sentence_end <= end_offset))",
            name="sentence",
        ),
        Index(None, "document_id", "page"),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    chat_id: Mapped[UUID]
    session_id: Mapped[UUID]
    document_id: Mapped[UUID]
    page: Mapped[int]
    start_offset: Mapped[int]
    end_offset: Mapped[int]
    sentence_start: Mapped[int | None]
    sentence_end: Mapped[int | None]


class Quote(Base):
    """What a reply's sentence, from ``reply_start`` up to ``reply_end``, has as its source: the
    page's text between two offsets. Without a page there is none, and without a document it has
    been deleted; without a sentence it is a passage that came near."""

    __tablename__ = "quotes"
    __table_args__ = (
        *of_a_reply(without_document="SET NULL (document_id)"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint(
            "(reply_start IS NULL) = (reply_end IS NULL)"
            " AND (reply_start IS NULL OR (0 <= reply_start AND reply_start < reply_end))",
            name="reply",
        ),
        CheckConstraint(
            "num_nulls(page, start_offset, end_offset) IN (0, 3)"
            " AND (page IS NULL OR (0 <= start_offset AND start_offset < end_offset))"
            " AND (document_id IS NULL OR page IS NOT NULL)",
            name="document",
        ),
        CheckConstraint("num_nonnulls(reply_start, page) > 0", name="something"),
        Index(None, "document_id", "page"),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    chat_id: Mapped[UUID]
    session_id: Mapped[UUID]
    reply_start: Mapped[int | None]
    reply_end: Mapped[int | None]
    document_id: Mapped[UUID | None]
    page: Mapped[int | None]
    start_offset: Mapped[int | None]
    end_offset: Mapped[int | None]
