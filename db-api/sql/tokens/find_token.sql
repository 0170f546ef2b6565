-- The session that a live token acts for; null if there is none. Nobody can say for which session they ask before they know, so it runs
-- with the runner's rights. It tells nothing to who doesn't have the token's id, which chat-ui takes from what it has signed itself.
SET LOCAL ROLE definer;
CREATE OR REPLACE FUNCTION find_token(token uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT session_id FROM tokens WHERE id = token AND revoked_at IS NULL AND expires_at > now()
$$;

REVOKE EXECUTE ON FUNCTION find_token(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_token(uuid) TO app;
RESET ROLE;
