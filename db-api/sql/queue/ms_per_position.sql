-- How fast the queue moves: with every slot busy, one comes free each mean reply / slots. From the newest complete replies of all
-- sessions, so with the runner's eyes. Null until there is one.
SET LOCAL ROLE definer;
CREATE OR REPLACE FUNCTION ms_per_position() RETURNS numeric
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT avg(total_ms) / coalesce(current_setting('app.slots', true), '1')::integer FROM (
        SELECT total_ms FROM replies WHERE state = 'complete' AND NOT cached ORDER BY finished_at DESC LIMIT 20
    ) AS newest;
END;

REVOKE EXECUTE ON FUNCTION ms_per_position() FROM PUBLIC;
RESET ROLE;
