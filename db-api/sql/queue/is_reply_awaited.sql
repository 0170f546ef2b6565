-- Whether anybody waits for a reply: one of any session is queued or running. Then reading documents gives way. One that waits itself,
-- for pictures to be read, does not count. The reader learns nothing else of replies, so it runs as the runner.
SET LOCAL ROLE runner;
CREATE OR REPLACE FUNCTION is_reply_awaited() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT EXISTS (
        SELECT FROM replies r
        WHERE r.state IN ('queued', 'running') AND NOT (
            r.mode = 'free' AND r.saw IS NULL AND EXISTS (
                SELECT FROM messages m JOIN message_pictures p ON p.message_id = m.parent_id
                WHERE m.id = r.message_id
            )
        )
    );
END;

REVOKE EXECUTE ON FUNCTION is_reply_awaited() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION is_reply_awaited() TO reader;
RESET ROLE;
