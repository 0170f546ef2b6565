-- Claims the next document for a worker: its id, or no row. Sessions take turns: the one whose last turn is longest ago comes first. Of
-- its documents, one at which workers died comes last: after all sessions' others it might never come. Else recordings come first,
-- because somebody waits to send them, then texts, before what takes longer, and else the oldest. What has been read and lacks vectors
-- comes after everything else. Only who can hear gets recordings.
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
            (SELECT max(o.started_at) FROM documents o WHERE o.session_id = d.session_id) NULLS FIRST,
            d.attempts, d.kind <> 'sound', d.kind NOT IN ('text', 'markdown'), d.created_at, d.id
        LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING id;
END;

REVOKE EXECUTE ON FUNCTION claim_document(text, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_document(text, boolean) TO reader;
