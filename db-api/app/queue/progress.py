"""Storing what a worker's running replies have gained: one statement for all of them."""

import json
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Connection, text

from app.jobs.leases import HELD, RENEWAL
from app.queue.schemas import BatchResult, ProgressRequest

# Only the holder adds, and only where the text ends: a worker that lost its lease, or repeats
# itself, changes nothing. A batch that fits renews the lease, empty or not. It fits at the end of
# the step being written, or as the beginning of the next one; neither may be empty then.
STORE = text(f"""
WITH batch AS (
    SELECT * FROM json_to_recordset(CAST(:batches AS json)) AS b (
        id uuid, step integer, "offset" integer, text varchar, phase varchar,
        prompt_tokens integer, prompt_tokens_read integer, completion_tokens integer,
        first_token_ms integer, total_ms integer
    )
), stored AS (
    UPDATE replies r
    SET finished_steps = CASE
            WHEN b.step = jsonb_array_length(r.finished_steps) THEN r.finished_steps
            ELSE r.finished_steps || jsonb_build_object('kind', 'text', 'text', r.text)
        END,
        text = CASE
            WHEN b.step = jsonb_array_length(r.finished_steps) THEN r.text || b.text ELSE b.text
        END,
        progress = r.progress + char_length(b.text), phase = b.phase, {RENEWAL},
        prompt_tokens = coalesce(b.prompt_tokens, r.prompt_tokens),
        prompt_tokens_read = coalesce(b.prompt_tokens_read, r.prompt_tokens_read),
        completion_tokens = coalesce(b.completion_tokens, r.completion_tokens),
        first_token_ms = coalesce(r.first_token_ms, b.first_token_ms),
        total_ms = coalesce(b.total_ms, r.total_ms)
    FROM batch b
    WHERE r.message_id = b.id AND {HELD} AND (
        b.step = jsonb_array_length(r.finished_steps) AND b."offset" = char_length(r.text)
        OR b.step = jsonb_array_length(r.finished_steps) + 1 AND b."offset" = 0
            AND r.text <> '' AND b.text <> ''
    )
    RETURNING r.message_id, r.chat_id, r.stop_requested, is_paused(r.listened_until) AS paused,
        jsonb_array_length(new.finished_steps) AS step, char_length(new.text) AS length,
        old.phase IS DISTINCT FROM new.phase AS phase_changed,
        old.prompt_tokens_read IS DISTINCT FROM new.prompt_tokens_read AS more_read
)
SELECT b.id, s.chat_id, s.phase_changed, (b.text <> '' OR s.more_read) AS grew,
    r.message_id IS NOT NULL AS held,
    coalesce(s.stop_requested, r.stop_requested, false) AS stop_requested,
    coalesce(s.paused, false) AS paused,
    coalesce(s.step, jsonb_array_length(r.finished_steps), 0) AS step,
    coalesce(s.length, char_length(r.text), 0) AS length
FROM batch b
LEFT JOIN stored s ON s.message_id = b.id
LEFT JOIN replies r ON r.message_id = b.id AND {HELD}
""")  # noqa: S608 - joined from constants, nothing from outside


@dataclass
class Changes:
    """What was stored: of each batch, and in which chats the text grew or a phase changed."""

    results: list[BatchResult]
    grew: set[UUID] = field(default_factory=set)
    phase_changed: set[UUID] = field(default_factory=set)


def store_progress(connection: Connection, request: ProgressRequest) -> Changes:
    """Stores each batch that fits."""
    batches = json.dumps([batch.model_dump(mode="json") for batch in request.replies])
    rows = connection.execute(STORE, {"batches": batches, "worker": request.worker}).all()
    return Changes(
        [
            BatchResult(
                id=row.id,
                held=row.held,
                stop_requested=row.stop_requested,
                paused=row.paused,
                step=row.step,
                length=row.length,
            )
            for row in rows
        ],
        grew={row.chat_id for row in rows if row.chat_id and row.grew},
        phase_changed={row.chat_id for row in rows if row.chat_id and row.phase_changed},
    )
