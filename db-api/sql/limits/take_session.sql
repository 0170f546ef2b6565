-- Takes one of the sessions that may begin at an address in a minute. The seconds to wait if there is none left; null: it may begin. The
-- address itself is not known here, only a hash of it. Nobody may ask who else was there, so it runs with the runner's rights.
SET LOCAL ROLE definer;
CREATE OR REPLACE FUNCTION take_session(hashed bytea, per_minute integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    its timestamptz;
BEGIN
    INSERT INTO addresses AS a (address, full_at) VALUES (hashed, take_from(NULL, 1, per_minute))
    ON CONFLICT (address) DO UPDATE SET full_at = take_from(a.full_at, 1, per_minute)
    RETURNING full_at INTO its;
    RETURN overdrawn(its);
END
$$;

REVOKE EXECUTE ON FUNCTION take_session(bytea, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_session(bytea, integer) TO app;
RESET ROLE;
