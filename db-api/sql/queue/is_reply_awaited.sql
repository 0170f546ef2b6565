-- Whether anybody waits for a reply: one of any session is queued or running. Then reading documents gives way. One that waits itself,
-- for documents or pictures to be read, does not count. The reader learns nothing else of replies, so it runs as the runner.
SET LOCAL ROLE runner;
CREATE OR REPLACE FUNCTION is_reply_awaited() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT EXISTS (
        SELECT FROM replies r
        WHERE r.state IN ('queued', 'running') AND CASE r.mode
            WHEN 'free' THEN r.saw IS NOT NULL OR NOT EXISTS (
                SELECT FROM messages m JOIN message_pictures p ON p.message_id = m.parent_id
                WHERE m.id = r.message_id
            )
            ELSE r.found IS NOT NULL
        END
    );
END;

REVOKE EXECUTE ON FUNCTION is_reply_awaited() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION is_reply_awaited() TO reader;
RESET ROLE;
