-- Until when a program counts as listening to its reply that says so now: three times as long as it takes to say it again.
CREATE OR REPLACE FUNCTION new_listening() RETURNS timestamptz LANGUAGE sql VOLATILE
RETURN clock_timestamp() + interval '10 seconds';

REVOKE EXECUTE ON FUNCTION new_listening() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION new_listening() TO app, runner;
