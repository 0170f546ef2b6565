-- A job that has this many attempts is tried alone, or one that kills what it touches would take all others with it for ever.
CREATE OR REPLACE FUNCTION attempts_before_trial() RETURNS integer LANGUAGE sql IMMUTABLE
RETURN 2;

REVOKE EXECUTE ON FUNCTION attempts_before_trial() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION attempts_before_trial() TO runner, reader;
