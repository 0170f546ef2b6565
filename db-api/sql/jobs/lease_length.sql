-- How long a claimed job belongs to its worker without a heartbeat, of which there are two a second: three times the longest that was
-- seen without one while other programs kept every core busy (docs/decisions/0015-deaths.md). Written here and nowhere else.
CREATE OR REPLACE FUNCTION lease_length() RETURNS interval LANGUAGE sql IMMUTABLE
RETURN interval '4 seconds';

REVOKE EXECUTE ON FUNCTION lease_length() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lease_length() TO runner, reader;
