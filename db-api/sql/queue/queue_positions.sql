-- The positions of a chat's queued replies, and about how long each will wait. It has to see everybody's queued replies to count them,
-- so it runs as the runner; what it answers is about the asking session's own replies only.
SET LOCAL ROLE runner;
CREATE OR REPLACE FUNCTION queue_positions(chat uuid)
RETURNS TABLE (message_id uuid, queue_position bigint, wait_ms integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT queue.message_id, queue.position, (queue.position * ms_per_position())::integer
    FROM reply_queue queue
    WHERE queue.chat_id = chat AND queue.session_id = asking_session();
END;

REVOKE EXECUTE ON FUNCTION queue_positions(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue_positions(uuid) TO app;
RESET ROLE;
