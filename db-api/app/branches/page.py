"""A page of a branch: ending at the chat's head, just above a message, or around one.

A chat may be ten thousand messages deep, so what goes down or up the whole of a branch is one
recursive query, a look at an index for each step. A message is always newer than its parent.
It has at most so many messages and PAGE_BYTES of text, or is one message.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

from app.db.base import AnyRow
from app.errors import InvalidInput, MessageNotFound
from app.messages import repository
from app.messages.schemas import MessagePage

# The message and what comes below it, at most ``count`` messages in all: on the branch shown if
# it is on that, else by the newest answers. ``bytes`` are those of the text up to each.
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
), found AS (
    SELECT id, seq, true AS shown FROM shown
    WHERE EXISTS (SELECT FROM shown JOIN target USING (id))
    UNION ALL
    SELECT id, seq, false FROM newest
    ORDER BY seq LIMIT :count
)
SELECT found.*, sum(octet_length(m.content)) OVER (ORDER BY found.seq) AS bytes
FROM found JOIN messages m ON m.id = found.id
WHERE m.session_id = :session_id
ORDER BY found.seq
""")


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
        raise InvalidInput.of("at", "Not together with before.")
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
    """Where a page of ``limit`` messages ends that has ``at`` in its middle: half of its messages
    and half of its text are above, so that ``at`` itself is always there."""
    below = limit // 2
    values = {"session_id": session_id, "chat_id": chat.id, "at": at, "head": chat.head}
    # One more tells whether there is more.
    rows = connection.execute(AROUND, {**values, "count": below + 2}).all()
    if not rows:
        raise MessageNotFound
    fitting = [row for row in rows[: below + 1] if row.bytes <= repository.PAGE_BYTES // 2]
    kept = fitting or rows[:1]
    return PageEnd(last=kept[-1].id, later=len(rows) > len(kept), shown=kept[-1].shown)
