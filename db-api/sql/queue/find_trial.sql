-- The reply that is to be tried alone now, if any: queued, or running without a word yet. Its time begins with the first claim that may
-- take it (`begins`), not with the death before it: the model's server may need long to come back. It runs for all of them at once, so
-- that the others wait no longer for several than for one.
CREATE OR REPLACE FUNCTION find_trial(begins boolean) RETURNS uuid
LANGUAGE sql SET search_path = public, pg_temp
BEGIN ATOMIC
    UPDATE replies SET alone_until = clock_timestamp() + trial_length()
    WHERE message_id IN (
        SELECT message_id FROM replies
        WHERE begins AND state = 'queued' AND attempts >= attempts_before_trial() AND alone_until IS NULL
            AND NOT is_paused(listened_until)
        FOR NO KEY UPDATE SKIP LOCKED
    );
    SELECT message_id FROM replies
    WHERE state IN ('queued', 'running') AND attempts >= attempts_before_trial()
        AND progress = progress_at_claim AND NOT is_paused(listened_until)
        AND (is_alone(alone_until) OR (state = 'queued' AND alone_until IS NULL))
    ORDER BY queue_number LIMIT 1;
END;

REVOKE EXECUTE ON FUNCTION find_trial(boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_trial(boolean) TO runner;
