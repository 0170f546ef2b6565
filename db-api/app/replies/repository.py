"""Reading replies as they are."""

from uuid import UUID

from sqlalchemy import Connection, text

from app.replies.schemas import Reply

# Everything a Reply says, but for its place in line.
COLUMNS = (
    "message_id",
    "state",
    "phase",
    "stop_requested",
    "error",
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

ONE = text(f"SELECT {', '.join(COLUMNS)} FROM replies WHERE message_id = :id")  # noqa: S608


def read(connection: Connection, reply_id: UUID) -> Reply:
    """A reply that this transaction has just held or changed."""
    return Reply.from_row(connection.execute(ONE, {"id": reply_id}).mappings().one())
