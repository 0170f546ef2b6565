-- The queue positions of one chat, from queue_positions, with estimated waits: none while an earlier reply of the same chat has to
-- end first. All sessions' replies have to be counted, so it runs with the runner's eyes. It returns the asking session's only.
SET LOCAL ROLE definer;
CREATE OR REPLACE FUNCTION chat_positions(chat uuid)
RETURNS TABLE (message_id uuid, queue_position bigint, wait_ms integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT queue.message_id, queue.position, CASE WHEN NOT queue.blocked THEN (queue.position * ms_per_position())::integer END
    FROM queue_positions queue
    WHERE queue.chat_id = chat AND queue.session_id = asking_session();
END;

REVOKE EXECUTE ON FUNCTION chat_positions(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION chat_positions(uuid) TO app;
RESET ROLE;
