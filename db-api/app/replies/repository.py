"""Reading replies as they are."""

from uuid import UUID

from sqlalchemy import Connection, text

from app.replies.schemas import Reply

NAMES = (
    "state",
    "phase",
    "stop_requested",
    "model",
    "prompt_tokens",
    "prompt_tokens_read",
    "completion_tokens",
    "first_token_ms",
    "total_ms",
    "mode",
    "found",
    "unread_pages",
    "saw",
    "cached",
    "calls",
    "created_at",
    "started_at",
    "finished_at",
)
ERROR = """
CASE WHEN r.error IS NOT NULL THEN json_build_object(
    'kind', r.error, 'size', r.error_size, 'limit', r.error_limit, 'detail', r.error_detail
) END
"""
# Only a person may read them; a runner does so in the name of whose reply it is.
QUOTES = """
CASE WHEN r.mode <> 'free' AND r.finished_at IS NOT NULL
    THEN reply_quotes(r.message_id, r.session_id) ELSE '[]' END
"""
PICTURES = """
CASE WHEN r.saw IS NOT NULL AND r.finished_at IS NOT NULL
    THEN list_pictures((
        SELECT q.parent_id FROM messages q WHERE q.id = r.message_id AND q.chat_id = r.chat_id
    ), r.session_id) ELSE '[]' END
"""
# A row for each queued reply of a chat: its position, and about how long it will wait. The order is
# defined in sql/queue/queue_positions.sql.
POSITIONS = "chat_positions(:chat_id) AS queue"
# Everything a Reply says but its queue position, of a row `r`.
COLUMNS = ", ".join(
    [
        "r.message_id",
        *(f"r.{name}" for name in NAMES),
        *(f"{ERROR} AS error", f"{QUOTES} AS quotes", f"{PICTURES} AS pictures"),
    ]
)
# The same as one JSON object, with the position of a row `queue`.
AS_JSON = f"""
json_build_object(
    'id', r.message_id, 'queue_position', queue.queue_position, 'wait_ms', queue.wait_ms,
    'error', {ERROR}, 'quotes', {QUOTES}, 'pictures', {PICTURES},
    {", ".join(f"'{name}', r.{name}" for name in NAMES)}
)
"""

# The chat before the reply, the order every writer keeps, or a deletion and a finish could wait
# for each other.
LOCK_CHAT = text("""
SELECT c.id FROM replies r JOIN chats c ON c.id = r.chat_id
WHERE r.message_id = :reply_id FOR NO KEY UPDATE OF c
""")
ONE = text(f"SELECT {COLUMNS} FROM replies r WHERE message_id = :id")  # noqa: S608 - a constant


def lock_chat(connection: Connection, reply_id: UUID) -> None:
    """Until commit, nobody else writes to the chat of this reply. As runner."""
    connection.execute(LOCK_CHAT, {"reply_id": reply_id})


def read(connection: Connection, reply_id: UUID) -> Reply:
    """A reply that this transaction has just locked or changed."""
    return Reply.from_row(connection.execute(ONE, {"id": reply_id}).mappings().one())
