-- Whether nobody came back for so long to what was listened to, or ended, at this moment that it waits for nobody any more.
CREATE OR REPLACE FUNCTION is_given_up(since timestamptz) RETURNS boolean LANGUAGE sql VOLATILE
RETURN since < clock_timestamp() - interval '10 minutes';

REVOKE EXECUTE ON FUNCTION is_given_up(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION is_given_up(timestamptz) TO app, runner;
