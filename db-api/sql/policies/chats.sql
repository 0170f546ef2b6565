-- Who may do what with chats. A sub-select is evaluated once per statement, not once per row.
GRANT SELECT,
    INSERT (session_id, username, system_prompt, temperature, reply_tokens, turns, tools, client_key, expires_at, sampling,
        request_sha256),
    UPDATE (title, pinned, system_prompt, temperature, reply_tokens, turns, tools, updated_at, head, context_start,
        last_seq, deleted_at, mode, request_sha256)
    ON chats TO app;
GRANT SELECT (id, session_id, system_prompt, temperature, reply_tokens, turns, tools, head, context_start,
    last_seq, deleted_at, expires_at, sampling), UPDATE (context_start), DELETE ON chats TO runner;
GRANT SELECT (id, session_id, title, updated_at, last_seq, deleted_at, expires_at) ON chats TO searcher;

CREATE POLICY app_owns ON chats TO app
    USING (session_id = (SELECT current_session()))
    WITH CHECK (session_id = (SELECT current_session()));
-- The runner answers everybody: it reads histories and writes replies, and never learns who asked.
CREATE POLICY runner_reads ON chats FOR SELECT TO runner USING (true);
CREATE POLICY runner_moves_context ON chats FOR UPDATE TO runner USING (true);
-- The sessions that it sees are those that are over.
CREATE POLICY runner_purges ON chats FOR DELETE TO runner
    USING (is_over(deleted_at) OR expires_at <= now() OR EXISTS (SELECT FROM sessions s WHERE s.id = chats.session_id)
        -- What programs asked for and don't want to be kept.
        OR (expires_at IS NOT NULL AND (deleted_at IS NOT NULL OR sampling #>> '{response,stored}' = 'false')));
CREATE POLICY searcher_reads ON chats FOR SELECT TO searcher USING (true);
