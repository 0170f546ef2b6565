-- One chat's part of queue_positions, which defines the order, and about how long each of its replies will wait. It has to see everybody's queued replies to count them,
-- so it runs as the runner; what it answers is about the asking session's own replies only.
SET LOCAL ROLE runner;
CREATE OR REPLACE FUNCTION chat_positions(chat uuid)
RETURNS TABLE (message_id uuid, queue_position bigint, wait_ms integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT queue.message_id, queue.position, (queue.position * ms_per_position())::integer
    FROM queue_positions queue
    WHERE queue.chat_id = chat AND queue.session_id = asking_session();
END;

REVOKE EXECUTE ON FUNCTION chat_positions(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION chat_positions(uuid) TO app;
RESET ROLE;
