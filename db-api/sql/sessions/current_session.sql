-- The same, if it is live. Null for an ended or expired session: null equals nothing, so its rows are out of reach.
CREATE OR REPLACE FUNCTION current_session() RETURNS uuid LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT id FROM sessions
    WHERE id = asking_session() AND revoked_at IS NULL AND expires_at > now();
END;

REVOKE EXECUTE ON FUNCTION current_session() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION current_session() TO app, searcher;
