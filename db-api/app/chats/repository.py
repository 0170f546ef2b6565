"""Queries about chats. Every one takes the owner, and row-level security checks it again."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, delete, func, insert, select, tuple_, update

from app.base import AnyRow
from app.chats.models import Chat
from app.errors import ChatNotFound
from app.messages.models import Message

COLUMNS = (
    Chat.id,
    Chat.username,
    Chat.title,
    Chat.system_prompt,
    Chat.created_at,
    Chat.updated_at,
    Chat.head,
    Chat.context_start,
)


def create(
    connection: Connection,
    session_id: UUID,
    username: str,
    system_prompt: str,
    opening_message: str | None,
) -> AnyRow:
    """Store a chat and, if there is one, the assistant's opening message as its head."""
    values = {"session_id": session_id, "username": username, "system_prompt": system_prompt}
    chat = connection.execute(insert(Chat).values(values).returning(*COLUMNS)).one()
    if opening_message is None or not opening_message.strip():
        return chat
    opening = insert(Message).values(
        chat_id=chat.id, session_id=session_id, seq=1, role="assistant", content=opening_message
    )
    head = connection.execute(opening.returning(Message.id)).scalar_one()
    statement = (
        update(Chat).where(Chat.id == chat.id, Chat.session_id == session_id).values(head=head)
    )
    return connection.execute(statement.returning(*COLUMNS)).one()


def find(connection: Connection, session_id: UUID, chat_id: UUID) -> AnyRow:
    """One chat of the session, or ChatNotFound."""
    statement = select(*COLUMNS).where(Chat.id == chat_id, Chat.session_id == session_id)
    chat = connection.execute(statement).one_or_none()
    if chat is None:
        raise ChatNotFound
    return chat


def list_newest(
    connection: Connection,
    session_id: UUID,
    *,
    username: str | None,
    limit: int,
    before: UUID | None,
) -> Sequence[AnyRow]:
    """The session's chats, last written first, older than ``before``."""
    statement = select(*COLUMNS).where(Chat.session_id == session_id)
    if username is not None:
        statement = statement.where(Chat.username == username)
    if before is not None:
        last = find(connection, session_id, before)
        statement = statement.where(
            tuple_(Chat.updated_at, Chat.id) < tuple_(last.updated_at, last.id)
        )
    statement = statement.order_by(Chat.updated_at.desc(), Chat.id.desc()).limit(limit)
    return connection.execute(statement).all()


def remove(connection: Connection, session_id: UUID, chat_id: UUID) -> None:
    """Delete the chat with its messages and replies, or ChatNotFound."""
    statement = delete(Chat).where(Chat.id == chat_id, Chat.session_id == session_id)
    if connection.execute(statement).rowcount == 0:
        raise ChatNotFound


def lock(connection: Connection, session_id: UUID, chat_id: UUID) -> AnyRow:
    """The chat, held against other writers until commit, or ChatNotFound.

    Whoever writes to a chat takes this first, so that two tabs get one order and writers
    never wait for each other in a circle.
    """
    statement = (
        select(Chat.id, Chat.head, Chat.title)
        .where(Chat.id == chat_id, Chat.session_id == session_id)
        .with_for_update(key_share=True)
    )
    chat = connection.execute(statement).one_or_none()
    if chat is None:
        raise ChatNotFound
    return chat


def advance(
    connection: Connection, session_id: UUID, chat_id: UUID, *, head: UUID, title: str | None
) -> None:
    """The branch shown ends at ``head`` now."""
    connection.execute(
        update(Chat)
        .where(Chat.id == chat_id, Chat.session_id == session_id)
        .values(head=head, title=title, updated_at=func.now())
    )
