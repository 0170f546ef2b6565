-- How long a claimed job belongs to its worker without a heartbeat. Written here and nowhere else.
CREATE OR REPLACE FUNCTION lease_length() RETURNS interval LANGUAGE sql IMMUTABLE
RETURN interval '10 seconds';

REVOKE EXECUTE ON FUNCTION lease_length() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lease_length() TO runner;
