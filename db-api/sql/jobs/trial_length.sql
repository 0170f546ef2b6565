-- How long the others wait at most for a job that is tried alone. Written here and nowhere else.
CREATE OR REPLACE FUNCTION trial_length() RETURNS interval LANGUAGE sql IMMUTABLE
RETURN interval '30 seconds';

REVOKE EXECUTE ON FUNCTION trial_length() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION trial_length() TO runner;
