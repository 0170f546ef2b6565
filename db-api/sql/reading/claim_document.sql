-- Claims the next document for a worker: its id, or no row. Sessions take turns: the one comes first whose last turn
-- ended longest ago, or which has waited for its first one longest. (Who deletes what was read has had no turn; to begin with those would
-- keep others waiting for ever.) Of its documents, those at which workers died come last, recordings first, because somebody waits to send
-- them, then texts, before what takes longer, and else the oldest. What has been read and lacks vectors comes after everything else. Only
-- who can hear gets recordings.
CREATE OR REPLACE FUNCTION claim_document(claimer text, can_hear boolean) RETURNS SETOF uuid
LANGUAGE sql SET search_path = public, pg_temp
BEGIN ATOMIC
    UPDATE documents
    SET state = 'running', worker = claimer, lease_until = new_lease(), progress_at_claim = progress,
        started_at = clock_timestamp()
    WHERE id = (
        SELECT d.id FROM documents d
        WHERE d.state = 'queued' AND (can_hear OR d.kind <> 'sound')
        ORDER BY d.embedding,
            (
                SELECT coalesce(max(greatest(o.started_at, o.finished_at)), min(o.created_at))
                FROM documents o WHERE o.session_id = d.session_id
            ),
            d.attempts, d.kind <> 'sound', d.kind NOT IN ('text', 'markdown'), d.created_at, d.id
        LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING id;
END;

REVOKE EXECUTE ON FUNCTION claim_document(text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_document(text, boolean) TO reader;
