-- How many replies are queued, of all sessions, and about how long that takes: for the queue's limit.
SET LOCAL ROLE runner;
CREATE OR REPLACE FUNCTION queue_length() RETURNS TABLE (length bigint, wait_ms integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT count(*), (count(*) * ms_per_position())::integer
    FROM replies WHERE state = 'queued';
END;

REVOKE EXECUTE ON FUNCTION queue_length() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queue_length() TO app;
RESET ROLE;
