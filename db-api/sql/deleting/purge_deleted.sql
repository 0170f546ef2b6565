-- Deletes for good what is over: a step of about 10,000 messages (a chat never has more than its last_seq), and sessions that have no
-- chat left; and tokens. One copy at a time; another finds nothing to do, which is also how it learns that all is done. Runs as the runner, under
-- its policies.
CREATE OR REPLACE FUNCTION purge_deleted() RETURNS bigint
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    purged bigint;
    emptied bigint;
    tokens_over bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(7035003) THEN
        RETURN 0;
    END IF;
    WITH doomed AS (
        (SELECT id, last_seq FROM chats WHERE is_over(deleted_at) LIMIT 1000)
        UNION
        (SELECT id, last_seq FROM chats WHERE expires_at <= now() LIMIT 1000)
        UNION
        (SELECT c.id, c.last_seq FROM sessions s JOIN chats c ON c.session_id = s.id
            WHERE is_over(least(s.expires_at, s.revoked_at)) LIMIT 1000)
    ), counted AS (
        SELECT id, sum(last_seq) OVER (ORDER BY id) - last_seq AS before FROM doomed
    )
    DELETE FROM chats WHERE id IN (SELECT id FROM counted WHERE before < 10000);
    GET DIAGNOSTICS purged = ROW_COUNT;
    DELETE FROM sessions WHERE id IN (
        SELECT id FROM sessions s
        WHERE is_over(least(s.expires_at, s.revoked_at))
            AND NOT EXISTS (SELECT FROM chats c WHERE c.session_id = s.id) LIMIT 100
    );
    GET DIAGNOSTICS emptied = ROW_COUNT;
    DELETE FROM tokens WHERE id IN (
        SELECT id FROM tokens WHERE is_over(least(expires_at, revoked_at)) LIMIT 1000
    );
    GET DIAGNOSTICS tokens_over = ROW_COUNT;
    RETURN purged + emptied + tokens_over;
END
$$;

REVOKE EXECUTE ON FUNCTION purge_deleted() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION purge_deleted() TO runner;
