"""The tables of messages, and of the pictures that were sent with them."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, MadeId, TimeOfWriting
from app.limits import MESSAGE_PICTURES


class Message(Base):
    """Something said. A chat is a tree: ``parent_id`` is what it answers, ``seq`` the order of
    writing. Content is never indexed but by its words: an entry of a B-tree has a limit of 2,704
    bytes."""

    __tablename__ = "messages"
    __table_args__ = (
        ForeignKeyConstraint(
            ["chat_id", "session_id"], ["chats.id", "chats.session_id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["parent_id", "chat_id", "session_id"],
            ["messages.id", "messages.chat_id", "messages.session_id"],
        ),
        # What parents, heads and replies point at: the same chat and session, always.
        UniqueConstraint("id", "chat_id", "session_id"),
        UniqueConstraint("chat_id", "seq"),
        UniqueConstraint("chat_id", "client_key"),
        CheckConstraint("role IN ('user', 'assistant')", name="role"),
        CheckConstraint("seq > 0", name="seq"),
        # The opening message, which nobody sent, has no key.
        CheckConstraint(
            "client_key IS NULL OR role = 'user' OR parent_id IS NOT NULL", name="client_key"
        ),
        # A message's answers; also what keeps the deletion of a long chat linear.
        Index(None, "parent_id"),
        # The versions of a chat's first message.
        Index("messages_first_idx", "chat_id", postgresql_where=text("parent_id IS NULL")),
        Index(
            "messages_search_idx",
            text("search_words(session_id, content)"),
            postgresql_using="gin",
        ),
    )

    id: Mapped[MadeId]
    chat_id: Mapped[UUID]
    session_id: Mapped[UUID]
    seq: Mapped[int]
    parent_id: Mapped[UUID | None]
    role: Mapped[str]
    content: Mapped[str]
    client_key: Mapped[str | None]
    created_at: Mapped[TimeOfWriting]


class MessagePicture(Base):
    """A picture that was sent with a message: a document of its chat. Without a document it was
    deleted."""

    __tablename__ = "message_pictures"
    __table_args__ = (
        ForeignKeyConstraint(
            ["message_id", "chat_id", "session_id"],
            ["messages.id", "messages.chat_id", "messages.session_id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["document_id", "session_id"],
            ["documents.id", "documents.session_id"],
            ondelete="SET NULL (document_id)",
        ),
        CheckConstraint(f"number BETWEEN 1 AND {MESSAGE_PICTURES}", name="number"),
        Index(None, "document_id"),
    )

    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    chat_id: Mapped[UUID]
    session_id: Mapped[UUID]
    document_id: Mapped[UUID | None]
