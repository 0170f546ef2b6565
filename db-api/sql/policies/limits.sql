-- Who may do what with what is counted for limits. A session reads its own, and says itself that it exports; all else is counted by
-- functions that run as the runner. Addresses are nobody's.
GRANT SELECT, INSERT (session_id, export_id, export_until), UPDATE (export_id, export_until) ON session_usage TO app;
GRANT SELECT, INSERT, UPDATE ON session_usage TO runner;
GRANT SELECT, INSERT, UPDATE, DELETE ON addresses TO runner;

CREATE POLICY app_exports ON session_usage TO app
    USING (session_id = (SELECT current_session()))
    WITH CHECK (session_id = (SELECT current_session()));
CREATE POLICY runner_counts ON session_usage TO runner USING (true);
CREATE POLICY runner_counts ON addresses TO runner USING (true);
