-- Whether nobody listens to a reply that is only written while somebody does. A moment further away than `new_listening` was told before
-- the clock was set back: whoever listens says so again.
CREATE OR REPLACE FUNCTION is_paused(listened_until timestamptz) RETURNS boolean LANGUAGE sql VOLATILE
RETURN coalesce(listened_until <= clock_timestamp() OR listened_until > new_listening(), false);

REVOKE EXECUTE ON FUNCTION is_paused(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION is_paused(timestamptz) TO app, runner;
