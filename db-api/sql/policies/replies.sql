-- Who may do what with replies. A person asks for one and stops it; the runner writes it; nobody changes a final one.
GRANT SELECT, INSERT (message_id, chat_id, session_id, text, calls, continued, mode, tokens_reserved),
    UPDATE (state, phase, text, finished_steps, lease_until, stop_requested, error, error_size,
        error_limit, finished_at, listened_until, network, token_id)
    ON replies TO app;
GRANT SELECT,
    UPDATE (state, phase, text, finished_steps, calls, worker, lease_until, attempts, progress,
        progress_at_claim, alone_until, requeued, error, error_size, error_limit, model, prompt_tokens,
        prompt_tokens_read, completion_tokens, first_token_ms, total_ms, started_at, finished_at, found,
        unread_pages, saw, prompt_start, prompt_sha256, listened_until, network, cache_key,
        cached, token_id, tokens_counted)
    ON replies TO runner;
GRANT USAGE ON SEQUENCE replies_queue_number_seq TO runner;

CREATE POLICY app_reads ON replies FOR SELECT TO app
    USING (session_id = (SELECT current_session()));
CREATE POLICY app_asks ON replies FOR INSERT TO app
    WITH CHECK (session_id = (SELECT current_session()));
CREATE POLICY app_stops ON replies FOR UPDATE TO app
    USING (session_id = (SELECT current_session()) AND state IN ('queued', 'running'))
    WITH CHECK (session_id = (SELECT current_session()));
CREATE POLICY runner_reads ON replies FOR SELECT TO runner USING (true);
CREATE POLICY runner_works ON replies FOR UPDATE TO runner
    USING (state IN ('queued', 'running')) WITH CHECK (true);
