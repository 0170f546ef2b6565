-- Claims the next reply for a worker, or nothing: no row. With only_this: that reply or none, and only if its turn has come.
--
-- What a worker held whose lease has run out is queued again first. That is a death, unless the same worker claims: then it was only
-- late. One claim runs at a time over all copies of db-api (the advisory lock), because the count of busy slots must hold until commit;
-- each statement after the lock sees what earlier claims committed. A claim never waits for a row: one that somebody else has locked is
-- being stopped or deleted. Nor does it take one that `close_abandoned` had to leave. A reply that is to be tried alone is claimed when nothing else runs, and nothing else is claimed meanwhile.
-- Neither a session nor an address has all of four or more slots, however many sessions it has: a quarter is left to others, who would
-- else wait for the end of one of its long replies.
CREATE OR REPLACE FUNCTION claim_reply(claimer text, slots integer, only_this uuid DEFAULT NULL)
RETURNS SETOF replies LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    running integer;
    on_trial uuid;
    most integer := slots - slots / 4;
    satisfied uuid[];
    satisfied_networks varchar[];
    candidate record;
BEGIN
    PERFORM pg_advisory_xact_lock(7035002);
    PERFORM hand_back(message_id, died => worker <> claimer) FROM (
        SELECT message_id, worker FROM replies
        WHERE state = 'running' AND has_expired(lease_until) AND NOT stop_requested
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS expired;
    PERFORM close_abandoned();
    SELECT count(*) INTO running FROM replies
    WHERE state = 'running' AND NOT has_expired(lease_until);
    on_trial := find_trial(begins => only_this IS NULL);
    satisfied := ARRAY(
        SELECT session_id FROM replies WHERE state = 'running' AND NOT has_expired(lease_until)
        GROUP BY session_id HAVING count(*) >= most
    );
    satisfied_networks := ARRAY(
        SELECT network FROM replies
        WHERE state = 'running' AND NOT has_expired(lease_until) AND network IS NOT NULL
        GROUP BY network HAVING count(*) >= most
    );
    FOR candidate IN
        SELECT message_id, session_id, begun FROM queue_positions
        WHERE NOT blocked AND session_id <> ALL (satisfied)
            AND (network IS NULL OR network <> ALL (satisfied_networks))
        ORDER BY message_id IS DISTINCT FROM on_trial, position
        LIMIT greatest(CASE WHEN on_trial IS NULL THEN slots ELSE 1 END - running, 0)
    LOOP
        CONTINUE WHEN candidate.message_id <> only_this;
        RETURN QUERY
        UPDATE replies
        SET state = 'running', phase = NULL, worker = claimer, lease_until = new_lease(),
            progress_at_claim = progress, prompt_tokens_read = NULL,
            started_at = coalesce(started_at, now())
        WHERE message_id = (
            SELECT message_id FROM replies
            WHERE message_id = candidate.message_id AND state = 'queued'
                AND NOT stop_requested AND attempts < attempt_limit()
            FOR NO KEY UPDATE SKIP LOCKED
        )
        RETURNING *;
        CONTINUE WHEN NOT FOUND;
        -- The session has had its turn: its other queued replies go to the end.
        UPDATE replies SET requeued = nextval('replies_queue_number_seq')
        WHERE message_id IN (
            SELECT message_id FROM replies
            WHERE NOT candidate.begun AND session_id = candidate.session_id AND state = 'queued'
            FOR NO KEY UPDATE SKIP LOCKED
        );
        RETURN;
    END LOOP;
END
$$;

REVOKE EXECUTE ON FUNCTION claim_reply(text, integer, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_reply(text, integer, uuid) TO runner;
