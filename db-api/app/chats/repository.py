"""Queries about chats. Every one takes the owner, and row-level security checks it again."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Connection,
    Integer,
    and_,
    bindparam,
    column,
    exists,
    func,
    or_,
    select,
    table,
    text,
    tuple_,
    update,
)

from app.chats.cursor import Cursor
from app.chats.models import Chat
from app.db.base import AnyRow
from app.errors import ChatNotFound
from app.jobs.models import UNFINISHED

# What a chat is called (sql/chats/chat_title.sql).
TITLE = func.chat_title(Chat.id, Chat.title).label("title")
COLUMNS = (
    Chat.id,
    Chat.username,
    TITLE,
    Chat.pinned,
    Chat.system_prompt,
    Chat.temperature,
    Chat.reply_tokens,
    Chat.turns,
    Chat.tools,
    Chat.mode,
    Chat.created_at,
    Chat.updated_at,
    Chat.head,
    Chat.context_start,
)


# This alone decides which chat an id leads to: the session's own, not deleted. `by` has its
# parameters.
IS_FOUND = and_(
    Chat.id == bindparam("chat"), Chat.session_id == bindparam("owner"), Chat.deleted_at.is_(None)
)
SORT_KEY = (Chat.pinned, Chat.updated_at, Chat.id)
REPLIES = table("replies", column("chat_id"), column("session_id"))
DOCUMENTS = table("chat_documents", column("chat_id"), column("session_id"))
HAS_DOCUMENTS = exists().where(
    DOCUMENTS.c.chat_id == Chat.id, DOCUMENTS.c.session_id == bindparam("owner")
)
# Somebody has written in it: a message and its reply are more than the opening message. It stays so
# when they are deleted. Or it has documents.
HAS_BEGUN = or_(Chat.last_seq > 1, HAS_DOCUMENTS)
WRITING = select(REPLIES.c.chat_id).where(REPLIES.c.session_id == bindparam("owner"), UNFINISHED)

# Put together once: that takes longer than to run them.
FIND = select(*COLUMNS, HAS_DOCUMENTS.label("has_documents")).where(IS_FOUND)
LOCK = (
    select(Chat.id, Chat.head, Chat.title, Chat.last_seq)
    .where(IS_FOUND)
    .with_for_update(key_share=True)
)
LIST = (
    select(*COLUMNS, Chat.id.in_(WRITING).label("writing"))
    .where(
        Chat.session_id == bindparam("owner"), Chat.deleted_at.is_(None), Chat.expires_at.is_(None)
    )
    .order_by(*(column.desc() for column in SORT_KEY))
    .limit(bindparam("most", type_=Integer))
)
# With them go the documents that are nowhere else.
LIST_DELETED = text("""
SELECT c.id, chat_title(c.id, c.title) AS title, c.deleted_at, (
    SELECT count(*) FROM chat_documents link JOIN documents d ON d.id = link.document_id
    WHERE link.chat_id = c.id AND d.session_id = :owner AND NOT d.in_library AND NOT EXISTS (
        SELECT FROM chat_documents other JOIN chats kept ON kept.id = other.chat_id
        WHERE other.document_id = d.id AND kept.session_id = :owner AND kept.deleted_at IS NULL
    )
) AS documents
FROM chats c
WHERE c.session_id = :owner AND c.deleted_at IS NOT NULL AND c.expires_at IS NULL
ORDER BY c.deleted_at DESC, c.id DESC LIMIT :most
""")

STORE = text("""
INSERT INTO chats (
    session_id, username, system_prompt, temperature, reply_tokens, turns, tools, client_key
)
SELECT id, coalesce(CAST(:username AS varchar), name), coalesce(system_prompt, :system_prompt),
    temperature, reply_tokens, turns, tools, CAST(:client_key AS varchar)
FROM sessions
WHERE id = :session_id AND (name IS NOT NULL OR CAST(:username AS varchar) IS NOT NULL)
ON CONFLICT (session_id, client_key) DO NOTHING
RETURNING *
""")
# The opening message, which nobody sent, is the first of its chat.
STORE_OPENING = text("""
INSERT INTO messages (chat_id, session_id, seq, role, content)
VALUES (:chat_id, :session_id, 1, 'assistant', :content) RETURNING id
""")


class LockedChat(NamedTuple):
    """What a writer to a chat goes by, while nobody else can change it."""

    id: UUID
    head: UUID | None
    title: str | None
    last_seq: int


def by(session_id: UUID, chat_id: UUID) -> dict[str, Any]:
    """The parameters of IS_FOUND."""
    return {"owner": session_id, "chat": chat_id}


def create(
    connection: Connection,
    session_id: UUID,
    username: str,
    system_prompt: str,
    opening_message: str | None,
) -> AnyRow:
    """Store a chat and, if there is one, the assistant's opening message as its head."""
    chat = expect(store(connection, session_id, username, system_prompt))
    head = store_opening(connection, session_id, chat.id, opening_message)
    if head is None:
        return chat
    return change(connection, session_id, chat.id, {"head": head, "last_seq": 1})


def store(
    connection: Connection,
    session_id: UUID,
    username: str | None,
    system_prompt: str,
    client_key: str | None = None,
) -> AnyRow | None:
    """A new chat, under the session's own name if none is given, with the session's own settings;
    ``system_prompt`` is for a session without one. None if the session has no name,
    or has begun a chat with this key before: whoever does so at this moment is waited for."""
    values = {
        "session_id": session_id,
        "username": username,
        "system_prompt": system_prompt,
        "client_key": client_key,
    }
    return connection.execute(STORE, values).one_or_none()


def store_opening(
    connection: Connection, session_id: UUID, chat_id: UUID, content: str | None
) -> UUID | None:
    """The first message of a new chat; its id. None if there is nothing to say."""
    if content is None or not content.strip():
        return None
    values = {"session_id": session_id, "chat_id": chat_id, "content": content}
    opening: UUID = connection.execute(STORE_OPENING, values).scalar_one()
    return opening


def find(connection: Connection, session_id: UUID, chat_id: UUID) -> AnyRow:
    """One chat of the session, or ChatNotFound."""
    return expect(connection.execute(FIND, by(session_id, chat_id)).first())


def expect(chat: AnyRow | None) -> AnyRow:
    """The chat, or ChatNotFound if there is none."""
    if chat is None:
        raise ChatNotFound
    return chat


def list_page(
    connection: Connection,
    session_id: UUID,
    *,
    limit: int,
    username: str | None = None,
    before: Cursor | None = None,
    empty: bool = False,
) -> Sequence[AnyRow]:
    """The session's chats: the pinned ones, then those written to last; from below ``before``. With
    ``empty`` also those in which there is nothing yet."""
    statement = LIST if empty else LIST.where(HAS_BEGUN)
    if username is not None:
        statement = statement.where(Chat.username == username)
    if before is not None:
        statement = statement.where(tuple_(*SORT_KEY) < tuple_(*before))
    return connection.execute(statement, {"owner": session_id, "most": limit}).all()


def lock(connection: Connection, session_id: UUID, chat_id: UUID) -> LockedChat:
    """The chat, held against other writers until commit, or ChatNotFound.

    Whoever writes to a chat takes this first, so that two tabs get one order and writers
    never wait for each other in a circle.
    """
    return LockedChat(*expect(connection.execute(LOCK, by(session_id, chat_id)).first()))


def change(
    connection: Connection, session_id: UUID, chat_id: UUID, values: Mapping[str, Any]
) -> AnyRow:
    """The chat with these columns changed, or ChatNotFound."""
    if not values:
        return find(connection, session_id, chat_id)
    statement = update(Chat).where(IS_FOUND).values(values).returning(*COLUMNS)
    return expect(connection.execute(statement, by(session_id, chat_id)).first())


def list_deleted(connection: Connection, session_id: UUID, limit: int) -> Sequence[AnyRow]:
    """The session's chats that can be restored, the one deleted last first."""
    return connection.execute(LIST_DELETED, {"owner": session_id, "most": limit}).all()


def mark_deleted(connection: Connection, session_id: UUID, chat_id: UUID) -> bool:
    """From now on it is not found, or ChatNotFound. Whether it can be restored: what a program
    asked for can't."""
    statement = update(Chat).where(IS_FOUND).values(deleted_at=func.now())
    deleted = connection.execute(statement.returning(Chat.expires_at), by(session_id, chat_id))
    return expect(deleted.first()).expires_at is None


def restore(connection: Connection, session_id: UUID, chat_id: UUID) -> AnyRow:
    """The chat, deleted or not, as one that is not; ChatNotFound once it is purged."""
    statement = (
        update(Chat)
        .where(Chat.id == chat_id, Chat.session_id == session_id, Chat.expires_at.is_(None))
        .values(deleted_at=None)
        .returning(*COLUMNS)
    )
    return expect(connection.execute(statement).first())
