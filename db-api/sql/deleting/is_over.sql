-- Whether something deleted or expired at this time may be purged: after one day. Null if it was not deleted.
CREATE OR REPLACE FUNCTION is_over(since timestamptz) RETURNS boolean LANGUAGE sql STABLE
RETURN since < now() - interval '1 day';

REVOKE EXECUTE ON FUNCTION is_over(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION is_over(timestamptz) TO runner;
