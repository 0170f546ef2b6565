"""Storing what a worker's running replies have gained: one statement for all of them."""

import json
from uuid import UUID

from sqlalchemy import Connection, text

from app.replies.schemas import ProgressRequest, Stored

# Only the holder adds, and only where the text ends: a worker that lost its lease, or repeats
# itself, changes nothing. A batch that fits renews the lease, empty or not.
STORE = text("""
WITH batch AS (
    SELECT * FROM json_to_recordset(CAST(:batches AS json)) AS b (
        id uuid, "offset" integer, text varchar, phase varchar,
        prompt_tokens integer, prompt_tokens_read integer, completion_tokens integer,
        first_token_ms integer, total_ms integer
    )
), stored AS (
    UPDATE replies r
    SET text = r.text || b.text, phase = b.phase,
        lease_until = clock_timestamp() + interval '10 seconds',
        prompt_tokens = coalesce(b.prompt_tokens, r.prompt_tokens),
        prompt_tokens_read = coalesce(b.prompt_tokens_read, r.prompt_tokens_read),
        completion_tokens = coalesce(b.completion_tokens, r.completion_tokens),
        first_token_ms = coalesce(r.first_token_ms, b.first_token_ms),
        total_ms = coalesce(b.total_ms, r.total_ms)
    FROM batch b
    WHERE r.message_id = b.id AND r.worker = :worker AND r.state = 'running'
        AND char_length(r.text) = b."offset"
    RETURNING r.message_id, r.chat_id, r.stop_requested, char_length(new.text) AS length,
        old.phase IS DISTINCT FROM new.phase AS turned,
        old.prompt_tokens_read IS DISTINCT FROM new.prompt_tokens_read AS read_on
)
SELECT b.id, s.chat_id, s.turned, (b.text <> '' OR s.read_on) AS grew,
    r.message_id IS NOT NULL AS held,
    coalesce(s.stop_requested, r.stop_requested, false) AS stop_requested,
    coalesce(s.length, char_length(r.text), 0) AS length
FROM batch b
LEFT JOIN stored s ON s.message_id = b.id
LEFT JOIN replies r ON r.message_id = b.id AND r.worker = :worker AND r.state = 'running'
""")


def store_progress(
    connection: Connection, request: ProgressRequest
) -> tuple[list[Stored], set[UUID], set[UUID]]:
    """What became of each batch; the chats whose text grew; those whose phase changed."""
    batches = json.dumps([batch.model_dump(mode="json") for batch in request.replies])
    rows = connection.execute(STORE, {"batches": batches, "worker": request.worker}).all()
    stored = [
        Stored(id=row.id, held=row.held, stop_requested=row.stop_requested, length=row.length)
        for row in rows
    ]
    grew = {row.chat_id for row in rows if row.chat_id and row.grew}
    turned = {row.chat_id for row in rows if row.chat_id and row.turned}
    return stored, grew, turned
