-- After how many seconds so many tokens are left in a bucket of which others are reserved; null if they are now, or none are asked for. What is
-- more than a minute's all has to be the only one. Nobody is told to wait for more than two minutes.
CREATE OR REPLACE FUNCTION seconds_until(full_at timestamptz, reserved bigint, tokens integer, per_minute integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
DECLARE
    lacking numeric := taken_from(full_at, per_minute) + reserved + least(tokens, per_minute) - per_minute;
BEGIN
    RETURN CASE WHEN tokens > 0 AND lacking > 0 THEN least(ceil(lacking * 60 / per_minute), 120) END;
END
$$;

REVOKE EXECUTE ON FUNCTION seconds_until(timestamptz, bigint, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION seconds_until(timestamptz, bigint, integer, integer) TO runner;
