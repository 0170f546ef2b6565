-- Whether a lease has run out. One that ends later than a new one was given before the clock was set back: its holder, if it
-- lives, renews it with its next heartbeat; at worst there is one claim too many.
CREATE OR REPLACE FUNCTION has_expired(lease timestamptz) RETURNS boolean LANGUAGE sql VOLATILE
RETURN lease <= clock_timestamp() OR lease > new_lease();

REVOKE EXECUTE ON FUNCTION has_expired(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION has_expired(timestamptz) TO runner, reader;
