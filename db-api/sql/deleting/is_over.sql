-- Whether what was deleted or expired at this moment goes for good: after a day in which a deletion can be undone. Null: not deleted.
CREATE OR REPLACE FUNCTION is_over(since timestamptz) RETURNS boolean LANGUAGE sql STABLE
RETURN since < now() - interval '1 day';

REVOKE EXECUTE ON FUNCTION is_over(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION is_over(timestamptz) TO runner;
