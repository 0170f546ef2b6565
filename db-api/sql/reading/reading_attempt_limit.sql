-- A document that has this many attempts is given up. They are deaths of the worker without a new page in between, and the worker leaves
-- the file to a child that may die: so a few in a row are rather somebody's kills than the file's doing.
CREATE OR REPLACE FUNCTION reading_attempt_limit() RETURNS integer LANGUAGE sql IMMUTABLE
RETURN 10;

REVOKE EXECUTE ON FUNCTION reading_attempt_limit() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reading_attempt_limit() TO reader;
