-- Claims the next reply for a worker, or nothing: no row. With only_this: that reply or none, and only if its turn has come.
--
-- A reply whose lease has run out comes first: whoever claims next takes it over. One claim runs at a time over all copies of db-api
-- (the advisory lock), because the count of busy slots must hold until commit; each statement after the lock sees what earlier claims
-- committed. A claim never waits for a row: one that somebody else has locked is being stopped or deleted.
CREATE OR REPLACE FUNCTION claim_reply(claimer text, slots integer, only_this uuid DEFAULT NULL)
RETURNS SETOF replies LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    free integer;
    candidate record;
BEGIN
    PERFORM pg_advisory_xact_lock(7035002);
    PERFORM close_abandoned();
    SELECT greatest(slots - count(*), 0) INTO free FROM replies
    WHERE state = 'running' AND NOT has_expired(lease_until);
    FOR candidate IN
        SELECT message_id, session_id, queued FROM (
            SELECT message_id, session_id, false AS queued, queue_number AS position FROM replies
            WHERE state = 'running' AND has_expired(lease_until)
            UNION ALL
            SELECT message_id, session_id, true, position FROM queue_positions WHERE NOT blocked
        ) AS claimable
        ORDER BY queued, position LIMIT free
    LOOP
        CONTINUE WHEN candidate.message_id <> only_this;
        RETURN QUERY
        UPDATE replies
        SET state = 'running', phase = NULL, worker = claimer, lease_until = new_lease(),
            attempts = attempts_after(attempts, state, phase IS NOT DISTINCT FROM 'waiting',
                progress, progress_at_claim),
            progress_at_claim = progress, prompt_tokens_read = NULL,
            started_at = coalesce(started_at, now())
        WHERE message_id = (
            SELECT message_id FROM replies
            WHERE message_id = candidate.message_id
                AND (state = 'queued' OR (state = 'running' AND has_expired(lease_until)))
            FOR NO KEY UPDATE SKIP LOCKED
        )
        RETURNING *;
        CONTINUE WHEN NOT FOUND;
        -- The session has had its turn: its other queued replies go to the end.
        UPDATE replies SET requeued = nextval('replies_queue_number_seq')
        WHERE message_id IN (
            SELECT message_id FROM replies
            WHERE candidate.queued AND session_id = candidate.session_id AND state = 'queued'
            FOR NO KEY UPDATE SKIP LOCKED
        );
        RETURN;
    END LOOP;
END
$$;

REVOKE EXECUTE ON FUNCTION claim_reply(text, integer, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_reply(text, integer, uuid) TO runner;
