"""Where the model's window on a chat begins: what is older is not in the prompt.

It moves rarely and far, to about the newest half, so that between moves the prompt's beginning
stays the same byte for byte and the model's cache keeps working.
"""

from uuid import UUID

from sqlalchemy import Connection, text

from app.prompt.build import MOST_BYTES

# From the reply upwards, how many bytes lie between each message and the end.
FIND = text("""
WITH RECURSIVE branch AS (
    SELECT m.id, m.parent_id, m.role, octet_length(m.content)::bigint AS bytes, c.context_start
    FROM messages m JOIN chats c ON c.id = m.chat_id WHERE m.id = :reply_id
    UNION ALL
    SELECT p.id, p.parent_id, p.role, branch.bytes + octet_length(p.content),
        branch.context_start
    FROM branch JOIN messages p ON p.id = branch.parent_id
    WHERE branch.id IS DISTINCT FROM branch.context_start AND branch.bytes < :most_bytes
)
-- The longest tail within half of what there is; if even the last turn is longer, that turn.
SELECT id, id = first_value(id) OVER (ORDER BY bytes DESC) AS is_first FROM branch
WHERE role = 'user'
ORDER BY bytes > (SELECT max(bytes) FROM branch) / 2,
    CASE WHEN bytes > (SELECT max(bytes) FROM branch) / 2 THEN bytes ELSE -bytes END
LIMIT 1
""")
SET = text("UPDATE chats SET context_start = :start WHERE id = :chat_id")


def find_start(connection: Connection, reply_id: UUID) -> UUID | None:
    """The person's message that leaves about half of what there is; None if that is all of it."""
    values = {"reply_id": reply_id, "most_bytes": MOST_BYTES}
    found = connection.execute(FIND, values).one_or_none()
    return None if found is None or found.is_first else found.id


def move_if_full(
    connection: Connection, chat_id: UUID, reply_id: UUID, used: int, context_size: int
) -> None:
    """After a reply that used so many tokens: past three quarters of the context the window begins
    later from now on."""
    if used > context_size * 3 // 4 and (start := find_start(connection, reply_id)):
        set_start(connection, chat_id, start)


def set_start(connection: Connection, chat_id: UUID, start: UUID) -> None:
    """Lets the chat's window begin at this message of it."""
    connection.execute(SET, {"chat_id": chat_id, "start": start})
