"""The table of messages."""

from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped

from app.db.base import Base, MadeId, TimeOfWriting


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
