-- Whether an upload that got its last block at this time was given up: after nine minutes. With a look every minute
-- (app/deleting/purge.py), nothing of it is left after ten.
CREATE OR REPLACE FUNCTION is_abandoned(touched_at timestamptz) RETURNS boolean LANGUAGE sql STABLE
RETURN touched_at < now() - interval '9 minutes';

REVOKE EXECUTE ON FUNCTION is_abandoned(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION is_abandoned(timestamptz) TO app, runner;
