-- Whether a reply of any session is being written. Then reading documents gives way. One that waits itself does not count: in the queue,
-- for a model's server that is gone, or for documents or pictures to be read. What is queued for a busy server has one before it that
-- counts. The reader learns nothing else of replies, so it runs with the runner's eyes.
SET LOCAL ROLE definer;
CREATE OR REPLACE FUNCTION is_reply_awaited() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT EXISTS (
        SELECT FROM replies r
        WHERE r.state = 'running' AND r.phase IS DISTINCT FROM 'waiting' AND CASE r.mode
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
