-- Whether nothing is claimed beside a job, which has that until a moment. One further away than a trial is long was told before the
-- clock was set back.
CREATE OR REPLACE FUNCTION is_alone(alone_until timestamptz) RETURNS boolean LANGUAGE sql VOLATILE
RETURN coalesce(
    alone_until > clock_timestamp() AND alone_until <= clock_timestamp() + trial_length(), false
);

REVOKE EXECUTE ON FUNCTION is_alone(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION is_alone(timestamptz) TO runner;
