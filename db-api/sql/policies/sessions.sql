-- Who may do what with sessions. Known to a person by its id alone, so that an ended session can be told from one that never was.
GRANT SELECT, DELETE, INSERT (id, name, expires_at), UPDATE (name, system_prompt, temperature, reply_tokens, turns, tools,
        last_seen_at, expires_at, revoked_at)
    ON sessions TO app;
GRANT SELECT (id, expires_at, revoked_at), DELETE ON sessions TO runner;
GRANT SELECT (id, expires_at, revoked_at) ON sessions TO searcher;

CREATE POLICY app_reads ON sessions FOR SELECT TO app USING (id = asking_session());
CREATE POLICY app_begins ON sessions FOR INSERT TO app WITH CHECK (id = asking_session());
-- A live session may end itself. A dead one can't bring itself back.
CREATE POLICY app_renews ON sessions FOR UPDATE TO app
    USING (id = asking_session() AND revoked_at IS NULL AND expires_at > now())
    WITH CHECK (id = asking_session());
CREATE POLICY app_forgets ON sessions FOR DELETE TO app USING (id = current_session());
CREATE POLICY searcher_reads ON sessions FOR SELECT TO searcher USING (id = asking_session());
CREATE POLICY runner_sees_over ON sessions FOR SELECT TO runner
    USING (is_over(least(expires_at, revoked_at)));
CREATE POLICY runner_purges ON sessions FOR DELETE TO runner
    USING (is_over(least(expires_at, revoked_at)));
