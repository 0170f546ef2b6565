"""Moving about in a chat's tree: which branch is shown, a page in the middle of one, and the
deletion of all that is below a message.

A chat may be ten thousand messages deep, so what goes down or up the whole of a branch is one
recursive query, a look at an index for each step. A message is always newer than its parent.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from app.base import AnyRow
from app.chats import repository as chats
from app.errors import InvalidInput, MessageNotFound
from app.messages import repository
from app.messages.schemas import MessagePage
from app.replies.finishing import hold_unfinished

# From ``top``, or without one from the newest first message, down to the end, always by the
# newest answer; never by way of ``without``.
LEAF = text("""
WITH RECURSIVE branch AS (
    (
        SELECT id, 1 AS depth FROM messages
        WHERE chat_id = :chat_id AND session_id = :session_id
            AND (id = CAST(:top AS uuid)
                OR CAST(:top AS uuid) IS NULL AND parent_id IS NULL
                    AND id IS DISTINCT FROM CAST(:without AS uuid))
        ORDER BY seq DESC LIMIT 1
    )
    UNION ALL
    SELECT newest.id, branch.depth + 1 FROM branch CROSS JOIN LATERAL (
        SELECT id FROM messages
        WHERE parent_id = branch.id AND session_id = :session_id
            AND id IS DISTINCT FROM CAST(:without AS uuid)
        ORDER BY seq DESC LIMIT 1
    ) AS newest
)
SELECT id FROM branch ORDER BY depth DESC LIMIT 1
""")

# The message and what comes below it, at most ``count`` messages in all: on the branch shown if
# it is on that, else by the newest answers.
AROUND = text("""
WITH RECURSIVE target AS (
    SELECT id, seq FROM messages
    WHERE id = :at AND chat_id = :chat_id AND session_id = :session_id
), shown AS (
    SELECT m.id, m.parent_id, m.seq FROM target JOIN messages m ON m.id = :head
    WHERE m.session_id = :session_id AND m.seq >= target.seq
    UNION ALL
    SELECT p.id, p.parent_id, p.seq
    FROM shown JOIN messages p ON p.id = shown.parent_id
    WHERE p.session_id = :session_id AND p.seq >= (SELECT seq FROM target)
), newest AS (
    SELECT id, seq, 1 AS depth FROM target WHERE id NOT IN (SELECT id FROM shown)
    UNION ALL
    SELECT answer.id, answer.seq, newest.depth + 1 FROM newest CROSS JOIN LATERAL (
        SELECT id, seq FROM messages
        WHERE parent_id = newest.id AND session_id = :session_id ORDER BY seq DESC LIMIT 1
    ) AS answer
    WHERE newest.depth < :count
)
SELECT id, seq, true AS shown FROM shown WHERE EXISTS (SELECT FROM shown JOIN target USING (id))
UNION ALL
SELECT id, seq, false FROM newest
ORDER BY seq LIMIT :count
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


@dataclass(frozen=True)
class PageEnd:
    """The last message of a page, if there is any; whether later ones follow, and whether the
    branch is the one shown."""

    last: UUID | None
    later: bool
    shown: bool


def read_page(
    connection: Connection,
    session_id: UUID,
    chat: AnyRow,
    *,
    limit: int,
    before: UUID | None,
    at: UUID | None,
) -> MessagePage:
    """A part of a branch, ending at the chat's head, just above ``before``, or around ``at``."""
    if at is not None and before is not None:
        raise InvalidInput(errors=[{"field": "at", "message": "Not together with before."}])
    end = PageEnd(last=chat.head, later=False, shown=True)
    if before is not None:
        above = repository.find_parent(connection, session_id, chat.id, before)
        end = PageEnd(last=above, later=True, shown=True)
    if at is not None:
        end = find_end_around(connection, session_id, chat, at, limit)
    items = repository.walk_branch(connection, session_id, chat.id, last=end.last, limit=limit)
    earlier = items[0].id if items and items[0].parent_id else None
    return MessagePage(items=items, earlier=earlier, later=end.later, shown=end.shown)


def find_end_around(
    connection: Connection, session_id: UUID, chat: AnyRow, at: UUID, limit: int
) -> PageEnd:
    """Where a page of ``limit`` messages ends that has ``at`` in its middle."""
    below = limit // 2
    values = {"session_id": session_id, "chat_id": chat.id, "at": at, "head": chat.head}
    # One more tells whether there is more.
    rows = connection.execute(AROUND, {**values, "count": below + 2}).all()
    if not rows:
        raise MessageNotFound
    end = rows[: below + 1][-1]
    return PageEnd(last=end.id, later=len(rows) > below + 1, shown=end.shown)


def find_leaf(
    connection: Connection,
    session_id: UUID,
    chat_id: UUID,
    top: UUID | None,
    *,
    without: UUID | None = None,
) -> UUID | None:
    """The end of the newest branch below ``top`` (none: of the chat), None if there is nothing."""
    values = {"session_id": session_id, "chat_id": chat_id, "top": top, "without": without}
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


def remove(connection: Connection, session_id: UUID, chat_id: UUID, message_id: UUID) -> AnyRow:
    """The chat without this message and all below it.

    If the branch shown ran through it, it ends at the newest leaf below its parent now.
    """
    chat = chats.lock(connection, session_id, chat_id)
    hold_unfinished(connection, session_id, chat_id)
    values = {"session_id": session_id, "chat_id": chat_id, "message_id": message_id}
    part = connection.execute(FIND_PART, {**values, "head": chat.head}).one_or_none()
    if part is None:
        raise MessageNotFound
    if part.is_shown:
        head = find_leaf(connection, session_id, chat_id, part.parent_id, without=message_id)
        chats.change(connection, session_id, chat_id, {"head": head})
    connection.execute(DELETE_PART, values)
    return chats.find(connection, session_id, chat_id)
