-- Who may do what with messages. A message is filled once, while its reply is unfinished, and never written again.
GRANT SELECT, DELETE, UPDATE (content),
    INSERT (chat_id, session_id, seq, parent_id, role, content, client_key) ON messages TO app;
GRANT SELECT (id, chat_id, parent_id, seq, role, content, created_at), UPDATE (content)
    ON messages TO runner;
GRANT SELECT (id, chat_id, session_id, parent_id, role, content, created_at) ON messages TO searcher;
GRANT SELECT, INSERT ON message_pictures TO app;
GRANT SELECT (message_id) ON message_pictures TO runner;

CREATE POLICY app_reads ON messages FOR SELECT TO app
    USING (session_id = (SELECT current_session()));
CREATE POLICY app_writes ON messages FOR INSERT TO app
    WITH CHECK (session_id = (SELECT current_session()));
CREATE POLICY app_deletes ON messages FOR DELETE TO app
    USING (session_id = (SELECT current_session()));
-- Stop while queued: what an earlier run had written moves into the message.
CREATE POLICY app_closes ON messages FOR UPDATE TO app USING (
    session_id = (SELECT current_session()) AND EXISTS (
        SELECT FROM replies r WHERE r.message_id = messages.id AND r.state = 'queued'
    )
);
CREATE POLICY runner_reads ON messages FOR SELECT TO runner USING (true);
CREATE POLICY runner_fills ON messages FOR UPDATE TO runner USING (
    EXISTS (
        SELECT FROM replies r WHERE r.message_id = messages.id AND r.state IN ('queued', 'running')
    )
);
CREATE POLICY searcher_reads ON messages FOR SELECT TO searcher USING (true);

CREATE POLICY app_reads ON message_pictures FOR SELECT TO app
    USING (session_id = (SELECT current_session()));
CREATE POLICY app_sends ON message_pictures FOR INSERT TO app
    WITH CHECK (session_id = (SELECT current_session()));
-- The runner learns that there are some. Which ones, it reads in the name of whose message it is.
CREATE POLICY runner_counts ON message_pictures FOR SELECT TO runner USING (true);
