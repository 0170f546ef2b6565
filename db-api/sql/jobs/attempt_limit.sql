-- A job whose workers vanished this many times in a row without progress has failed.
CREATE OR REPLACE FUNCTION attempt_limit() RETURNS integer LANGUAGE sql IMMUTABLE
RETURN 3;

REVOKE EXECUTE ON FUNCTION attempt_limit() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION attempt_limit() TO runner;
