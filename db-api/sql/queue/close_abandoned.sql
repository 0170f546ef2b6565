-- Ends the replies that nobody will write any more: stopped while no runner held them, paused for too long, or out of attempts. A row that somebody else
-- has locked is left for the next claim, also that of what the session uses: its tokens are counted, and a claim waits for nobody.
CREATE OR REPLACE FUNCTION close_abandoned() RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    abandoned record;
BEGIN
    FOR abandoned IN
        SELECT r.message_id, r.stop_requested OR coalesce(is_given_up(r.listened_until), false) AS stopped
        FROM replies r JOIN messages m ON m.id = r.message_id JOIN session_usage u ON u.session_id = r.session_id
        WHERE (r.state = 'queued' AND (r.stop_requested OR r.attempts >= attempt_limit()))
            OR (r.state = 'queued' AND is_given_up(r.listened_until))
            OR (r.state = 'running' AND has_expired(r.lease_until) AND r.stop_requested)
        FOR NO KEY UPDATE OF m, r, u SKIP LOCKED
    LOOP
        IF abandoned.stopped THEN
            PERFORM close_reply(abandoned.message_id, 'stopped');
        ELSE
            PERFORM close_reply(abandoned.message_id, 'failed', 'crashed');
        END IF;
    END LOOP;
END
$$;

REVOKE EXECUTE ON FUNCTION close_abandoned() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION close_abandoned() TO runner;
