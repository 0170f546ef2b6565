"""Which branch a chat shows: the one that ends at its head."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Connection, text

from app.chats import repository as chats
from app.db.base import AnyRow
from app.errors import MessageNotFound

# From ``top``, or without one from the newest first message, down to the end, always by the
# newest answer; never by way of ``without``.
LEAF = text("""
WITH RECURSIVE branch AS (
    (
        SELECT id, 1 AS depth FROM messages
        WHERE chat_id = :chat_id AND session_id = :session_id
            AND (id = CAST(:top AS uuid)
                OR CAST(:top AS uuid) IS NULL AND parent_id IS NULL
                    AND id <> ALL(CAST(CAST(:without AS text[]) AS uuid[])))
        ORDER BY seq DESC LIMIT 1
    )
    UNION ALL
    SELECT newest.id, branch.depth + 1 FROM branch CROSS JOIN LATERAL (
        SELECT id FROM messages
        WHERE parent_id = branch.id AND session_id = :session_id
            AND id <> ALL(CAST(CAST(:without AS text[]) AS uuid[]))
        ORDER BY seq DESC LIMIT 1
    ) AS newest
)
SELECT id FROM branch ORDER BY depth DESC LIMIT 1
""")

IS_SHOWN = text("""
WITH RECURSIVE shown AS (
    SELECT id, parent_id FROM messages WHERE id = :head AND session_id = :session_id
    UNION ALL
    SELECT p.id, p.parent_id FROM shown JOIN messages p ON p.id = shown.parent_id
    WHERE p.session_id = :session_id
        AND p.seq >= (SELECT seq FROM messages WHERE id = :message_id AND session_id = :session_id)
)
SELECT EXISTS (SELECT FROM shown WHERE id = :message_id)
""")


def find_leaf(
    connection: Connection,
    session_id: UUID,
    chat_id: UUID,
    top: UUID | None,
    *,
    without: Sequence[str] = (),
) -> UUID | None:
    """The end of the newest branch below ``top`` (none: of the chat), None if there is nothing."""
    values = {"session_id": session_id, "chat_id": chat_id, "top": top, "without": [*without]}
    return connection.execute(LEAF, values).scalar_one_or_none()


def is_shown(connection: Connection, session_id: UUID, head: UUID | None, message_id: UUID) -> bool:
    """Whether the branch that ends at ``head`` leads through this message."""
    if message_id == head:
        return True
    values = {"session_id": session_id, "head": head, "message_id": message_id}
    return bool(connection.execute(IS_SHOWN, values).scalar_one())


def show(connection: Connection, session_id: UUID, chat_id: UUID, message_id: UUID) -> AnyRow:
    """The chat, showing the newest branch through this message."""
    chats.lock(connection, session_id, chat_id)
    head = find_leaf(connection, session_id, chat_id, message_id)
    if head is None:
        raise MessageNotFound
    return chats.change(connection, session_id, chat_id, {"head": head})
