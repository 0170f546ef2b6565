"""Deleting a message, with all that is below it."""

from uuid import UUID

from sqlalchemy import Connection, text

from app.branches.show import find_leaf
from app.chats import repository as chats
from app.db.base import AnyRow
from app.errors import MessageNotFound
from app.queue.stop import lock_unfinished

BELOW = """
WITH RECURSIVE below AS (
    SELECT id, parent_id FROM messages
    WHERE id = :message_id AND chat_id = :chat_id AND session_id = :session_id
    UNION ALL
    SELECT m.id, m.parent_id FROM below JOIN messages m ON m.parent_id = below.id
    WHERE m.session_id = :session_id
)
"""
FIND_PART = text(f"""
{BELOW}
SELECT parent_id, EXISTS (SELECT FROM below WHERE id = :head) AS is_shown
FROM below WHERE id = :message_id
""")  # noqa: S608 - joined from constants above, nothing from outside
DELETE_PART = text(f"""
{BELOW}
DELETE FROM messages WHERE id IN (SELECT id FROM below) AND session_id = :session_id
""")  # noqa: S608 - joined from constants above, nothing from outside
# What it continued was shown as its beginning, not as a message of its own.
FIND_BEGINNINGS = text("""
SELECT CAST(m.id AS text) FROM continuations c JOIN messages m ON m.id = c.beginning
WHERE c.whole = :message_id AND m.session_id = :session_id
""")
DELETE_BEGINNINGS = text("""
DELETE FROM messages
WHERE id = ANY(CAST(CAST(:beginnings AS text[]) AS uuid[])) AND session_id = :session_id
""")


def delete(connection: Connection, session_id: UUID, chat_id: UUID, message_id: UUID) -> AnyRow:
    """The chat without this message, what it continued, and all below it.

    If the branch shown ran through it, it ends at the newest leaf below its parent now.
    """
    chat = chats.lock(connection, session_id, chat_id)
    lock_unfinished(connection, session_id, chat_id)
    values = {"session_id": session_id, "chat_id": chat_id, "message_id": message_id}
    part = connection.execute(FIND_PART, {**values, "head": chat.head}).one_or_none()
    if part is None:
        raise MessageNotFound
    beginnings = connection.execute(FIND_BEGINNINGS, values).scalars().all()
    if part.is_shown or str(chat.head) in beginnings:
        without = [str(message_id), *beginnings]
        head = find_leaf(connection, session_id, chat_id, part.parent_id, without=without)
        chats.change(connection, session_id, chat_id, {"head": head})
    if beginnings:
        connection.execute(DELETE_BEGINNINGS, {**values, "beginnings": beginnings})
    connection.execute(DELETE_PART, values)
    return chats.find(connection, session_id, chat_id)
