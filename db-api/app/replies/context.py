"""Where the model's memory of a chat begins.

It moves rarely and far, to about the newest half, so that between moves the prompt's beginning
stays the same byte for byte and the model's cache keeps working.
"""

from uuid import UUID

from sqlalchemy import Connection, text

from app.replies.prompts import MOST_BYTES

# From the reply upwards, how many bytes lie between each message and the end.
MOVE = text("""
WITH RECURSIVE branch AS (
    SELECT m.id, m.parent_id, m.chat_id, m.role, octet_length(m.content)::bigint AS bytes,
        c.context_start
    FROM messages m JOIN chats c ON c.id = m.chat_id WHERE m.id = :reply_id
    UNION ALL
    SELECT p.id, p.parent_id, p.chat_id, p.role, branch.bytes + octet_length(p.content),
        branch.context_start
    FROM branch JOIN messages p ON p.id = branch.parent_id
    WHERE branch.id IS DISTINCT FROM branch.context_start AND branch.bytes < :most_bytes
), start AS (
    -- The longest tail within half of the window; if even the last turn is longer, that turn.
    SELECT id, chat_id FROM branch WHERE role = 'user'
    ORDER BY bytes > (SELECT max(bytes) FROM branch) / 2,
        CASE WHEN bytes > (SELECT max(bytes) FROM branch) / 2 THEN bytes ELSE -bytes END
    LIMIT 1
)
UPDATE chats SET context_start = start.id FROM start WHERE chats.id = start.chat_id
""")


def move_start(connection: Connection, reply_id: UUID) -> None:
    """Let the memory begin at the person's message that leaves about half of what there is."""
    connection.execute(MOVE, {"reply_id": reply_id, "most_bytes": MOST_BYTES})
