-- A job that has this many attempts has failed: one died twice, and then twice more while nothing else ran.
CREATE OR REPLACE FUNCTION attempt_limit() RETURNS integer LANGUAGE sql IMMUTABLE
RETURN attempts_before_trial() + 2;

REVOKE EXECUTE ON FUNCTION attempt_limit() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION attempt_limit() TO runner;
