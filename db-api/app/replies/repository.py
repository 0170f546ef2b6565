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
    "created_at",
    "started_at",
    "finished_at",
)
ERROR = """
CASE WHEN r.error IS NOT NULL THEN json_build_object(
    'kind', r.error, 'size', r.error_size, 'limit', r.error_limit, 'detail', r.error_detail
) END
"""
# A row for each queued reply of a chat: its position, and about how long it will wait. The order is
# defined in sql/queue/queue_positions.sql.
POSITIONS = "chat_positions(:chat_id) AS queue"
# Everything a Reply says but its queue position, of a row `r`.
COLUMNS = ", ".join(["r.message_id", *(f"r.{name}" for name in NAMES), f"{ERROR} AS error"])
# The same as one JSON object, with the position of a row `queue`.
AS_JSON = f"""
json_build_object(
    'id', r.message_id, 'queue_position', queue.queue_position, 'wait_ms', queue.wait_ms,
    'error', {ERROR}, {", ".join(f"'{name}', r.{name}" for name in NAMES)}
)
"""

ONE = text(f"SELECT {COLUMNS} FROM replies r WHERE message_id = :id")  # noqa: S608


def read(connection: Connection, reply_id: UUID) -> Reply:
    """A reply that this transaction has just locked or changed."""
    return Reply.from_row(connection.execute(ONE, {"id": reply_id}).mappings().one())
