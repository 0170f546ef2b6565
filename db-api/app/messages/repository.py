"""Reading messages. Every query takes the owner, and row-level security checks it again.

PostgreSQL answers with JSON, which pydantic reads: a page of rows would take Python longer to take
apart than everything else that a page takes.
"""

from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import Connection, TextClause, select, text

from app.db.base import AnyRow
from app.errors import MessageNotFound
from app.messages.models import Message as MessageTable
from app.messages.schemas import Message
from app.replies.repository import AS_JSON as REPLY
from app.replies.repository import POSITIONS

MESSAGES = TypeAdapter(list[Message])
# Of text. What a person is shown is held whole by chat-ui until it is read; this is room for the
# longest messages that may wait for their replies in a chat, and for thirty of the usual length.
PAGE_BYTES = 200_000
# What is read on and on, for an export.
RUN_BYTES = 500_000

# A message, its reply if it has one, and its number among its versions if it has others.
# Unfinished text is still in the reply.
COLUMNS = f"""
m.id, m.chat_id, m.parent_id, m.seq, m.role, m.created_at,
CASE WHEN r.state IN ('queued', 'running') THEN reply_content(r.finished_steps, r.text)
    ELSE m.content END AS content,
CASE WHEN r.message_id IS NOT NULL THEN {REPLY} END AS reply,
CASE WHEN m.role = 'user' THEN list_pictures(m.id, m.session_id) ELSE '[]' END AS pictures,
to_json(v) AS version
"""
WITH_REPLY = f"""
LEFT JOIN replies r ON r.message_id = m.id AND r.session_id = :session_id
LEFT JOIN {POSITIONS} ON queue.message_id = m.id
"""
# Its reply, and its versions `v` to choose from: a reply that another one continues is no version
# of its own. The second half of those is for messages without a parent, which an index of their own
# finds; for all others it is not even begun.
WITH_VERSIONS = f"""
{WITH_REPLY}
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE s.seq <= m.seq) AS number, count(*) AS count,
        (array_agg(s.id ORDER BY s.seq DESC) FILTER (WHERE s.seq < m.seq))[1] AS previous,
        (array_agg(s.id ORDER BY s.seq) FILTER (WHERE s.seq > m.seq))[1] AS next
    FROM (
        SELECT id, seq, role, session_id FROM messages WHERE parent_id = m.parent_id
        UNION ALL
        SELECT id, seq, role, session_id FROM messages
        WHERE m.parent_id IS NULL AND parent_id IS NULL AND chat_id = m.chat_id
    ) AS s
    WHERE s.role = m.role AND s.session_id = :session_id AND (
        s.id = m.id OR NOT EXISTS (SELECT FROM continuations WHERE beginning = s.id)
    )
    HAVING count(*) > 1
) AS v ON true
"""  # noqa: S608 - joined from constants above, nothing from outside

# The same of rows that the statement itself writes, and so can't read yet: `written` are messages,
# `job` their replies. None of them has another version.
WRITTEN = f"""
SELECT CAST(json_agg(found ORDER BY found.seq) AS text) FROM (
    SELECT {COLUMNS}
    FROM written m LEFT JOIN job r ON r.message_id = m.id
    LEFT JOIN (SELECT NULL AS queue_position, NULL AS wait_ms) queue ON true
    LEFT JOIN (SELECT 1 AS number) v ON false
) AS found
"""  # noqa: S608 - joined from constants above, nothing from outside


def in_json(query: str) -> TextClause:
    """One row of one value: the messages that the query finds, in its order."""
    return text(
        f"SELECT CAST(coalesce(json_agg(found), '[]') AS text) FROM ({query}) AS found"  # noqa: S608 - only ever one of the constants below
    )


# From a message upwards, one parent at a time: what a page costs depends on its own length only.
# The last message is there however long it is. What is unfinished counts nothing: it is in the
# replies, of which few are, and none is much longer than a message.
BRANCH = in_json(f"""
WITH RECURSIVE branch AS (
    SELECT id, parent_id, 1 AS depth, octet_length(content) AS bytes FROM messages
    WHERE id = :last AND chat_id = :chat_id AND session_id = :session_id AND seq > :since
    UNION ALL
    SELECT p.id, p.parent_id, branch.depth + 1, branch.bytes + octet_length(p.content)
    FROM branch JOIN messages p ON p.id = branch.parent_id
    WHERE branch.depth < :limit AND p.session_id = :session_id AND p.seq > :since
        AND branch.bytes + octet_length(p.content) <= :bytes
)
SELECT {COLUMNS}
FROM branch JOIN messages m ON m.id = branch.id {WITH_VERSIONS}
WHERE m.session_id = :session_id
ORDER BY m.seq
""")  # noqa: S608 - joined from constants above, nothing from outside

SOME = in_json(f"""
SELECT {COLUMNS} FROM messages m {WITH_VERSIONS}
WHERE m.id = ANY(CAST(CAST(:ids AS text[]) AS uuid[]))
    AND m.chat_id = :chat_id AND m.session_id = :session_id
ORDER BY m.seq
""")  # noqa: S608 - joined from constants above, nothing from outside

# Up to `bytes` of text and one message more. All versions are counted, once for the whole page: if
# a message has thousands, and each looked for all the others, that would take their square.
IN_ORDER = in_json(f"""
WITH page AS MATERIALIZED (
    SELECT * FROM (
        SELECT *, sum(octet_length(content)) OVER (
            ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 2 PRECEDING
        ) AS before_last
        FROM (
            SELECT * FROM messages
            WHERE chat_id = :chat_id AND session_id = :session_id AND seq > :after
            ORDER BY seq LIMIT :limit
        ) AS next_ones
    ) AS measured
    WHERE coalesce(before_last, 0) < :bytes
), siblings AS (
    SELECT s.* FROM (SELECT DISTINCT parent_id AS id FROM page) AS parent CROSS JOIN LATERAL (
        SELECT id, parent_id, role, seq FROM messages
        WHERE parent_id = parent.id AND session_id = :session_id
        OFFSET 0  -- by the index, whatever the planner expects
    ) AS s
    UNION ALL
    SELECT id, parent_id, role, seq FROM messages
    WHERE (SELECT bool_or(parent_id IS NULL) FROM page) AND parent_id IS NULL
        AND chat_id = :chat_id AND session_id = :session_id
), versions AS (
    SELECT id, row_number() OVER in_order AS number, count(*) OVER all_of_them AS count,
        lag(id) OVER in_order AS previous, lead(id) OVER in_order AS next
    FROM siblings
    WINDOW all_of_them AS (PARTITION BY parent_id, role), in_order AS (all_of_them ORDER BY seq)
)
SELECT {COLUMNS}
FROM page m {WITH_REPLY} LEFT JOIN versions v ON v.id = m.id AND v.count > 1
ORDER BY m.seq
""")  # noqa: S608 - joined from constants above, nothing from outside


def find_parent(
    connection: Connection, session_id: UUID, chat_id: UUID, message_id: UUID
) -> UUID | None:
    """The message above this one, or MessageNotFound."""
    above = select(MessageTable.parent_id).where(
        MessageTable.id == message_id,
        MessageTable.chat_id == chat_id,
        MessageTable.session_id == session_id,
    )
    message: AnyRow | None = connection.execute(above).one_or_none()
    if message is None:
        raise MessageNotFound
    return message.parent_id  # type: ignore[no-any-return]


def walk_branch(
    connection: Connection,
    session_id: UUID,
    chat_id: UUID,
    *,
    last: UUID | None,
    limit: int,
    since: int = 0,
) -> list[Message]:
    """At most ``limit`` messages ending with ``last``, oldest first, none up to ``since``; fewer
    if they had more than PAGE_BYTES of text, but for ``last`` alone."""
    if last is None:
        return []
    values = {"session_id": session_id, "chat_id": chat_id, "last": last}
    bounds = {"limit": limit, "since": since, "bytes": PAGE_BYTES}
    return _read(connection, BRANCH, values | bounds)


def list_in_order(
    connection: Connection, session_id: UUID, chat_id: UUID, *, after: int, limit: int
) -> list[Message]:
    """The chat's messages of all branches, as they were written: at most ``limit``, and fewer if
    they have more than RUN_BYTES of text. If there are more, one of them comes, too."""
    values = {"session_id": session_id, "chat_id": chat_id, "after": after, "limit": limit + 1}
    return _read(connection, IN_ORDER, {**values, "bytes": RUN_BYTES})


def cut_page(found: list[Message], limit: int) -> list[Message]:
    """Of what ``list_in_order`` found, what belongs to the page."""
    size = 0
    for count, message in enumerate(found[:limit]):
        if size >= RUN_BYTES:
            return found[:count]
        size += len(message.content.encode())
    return found[:limit]


def find_some(
    connection: Connection, session_id: UUID, chat_id: UUID, ids: list[UUID]
) -> list[Message]:
    """These messages of the chat, in the order of writing."""
    values = {"session_id": session_id, "chat_id": chat_id, "ids": [str(i) for i in ids]}
    return _read(connection, SOME, values)


def parse(messages: str) -> list[Message]:
    """What a statement made with ``in_json`` or ``WRITTEN`` answers."""
    return MESSAGES.validate_json(messages)


def _read(connection: Connection, query: TextClause, values: dict[str, Any]) -> list[Message]:
    return parse(connection.execute(query, values).scalar_one())
