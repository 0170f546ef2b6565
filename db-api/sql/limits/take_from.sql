-- A bucket that holds what is allowed in a minute fills evenly; it is told by when it is full again. This is that moment after so much
-- more was taken. It is overdrawn while that is more than a minute away, and never by more than two minutes: who is refused need not
-- wait longer. Only where the clock was set back a bucket is full later still: it counts as full now, because what is refused is rolled
-- back and would leave it so until the clock is there again.
CREATE OR REPLACE FUNCTION take_from(full_at timestamptz, amount bigint, per_minute integer) RETURNS timestamptz
LANGUAGE sql VOLATILE
RETURN least(
    greatest(CASE WHEN full_at <= clock_timestamp() + interval '3 minutes' THEN full_at END, clock_timestamp())
        + make_interval(secs => amount * 60.0 / per_minute),
    clock_timestamp() + interval '3 minutes'
);

REVOKE EXECUTE ON FUNCTION take_from(timestamptz, bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_from(timestamptz, bigint, integer) TO runner;
