-- Who may do what with tokens. A person makes and revokes them; what was revoked stays so.
GRANT SELECT, INSERT (session_id, name, scopes, expires_at), UPDATE (last_used_at, revoked_at) ON tokens TO app;
GRANT SELECT (id, session_id, expires_at, revoked_at, messages_full_at, tokens_full_at), UPDATE (messages_full_at, tokens_full_at), DELETE
    ON tokens TO runner;

CREATE POLICY app_reads ON tokens FOR SELECT TO app
    USING (session_id = (SELECT current_session()));
CREATE POLICY app_makes ON tokens FOR INSERT TO app
    WITH CHECK (session_id = (SELECT current_session()));
CREATE POLICY app_revokes ON tokens FOR UPDATE TO app
    USING (session_id = (SELECT current_session()) AND revoked_at IS NULL)
    WITH CHECK (session_id = (SELECT current_session()));
-- To find whose a token is (find_token), and to purge.
CREATE POLICY runner_finds ON tokens FOR SELECT TO runner USING (true);
-- What is counted for limits is counted by functions that run as the runner.
CREATE POLICY runner_counts ON tokens FOR UPDATE TO runner USING (true);
CREATE POLICY runner_purges ON tokens FOR DELETE TO runner USING (is_over(least(expires_at, revoked_at)));
