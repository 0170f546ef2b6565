-- Who may do what with documents. A person keeps and names them; the reader reads those that wait for it, and doesn't learn their names.
GRANT SELECT, INSERT (session_id, file_id, name, kind, in_library), UPDATE (name, in_library, draft_of)
    ON documents TO app;
GRANT SELECT (id, file_id, shown_file_id, in_library, draft_of) ON documents TO runner;
GRANT SELECT (id, session_id, file_id, shown_file_id, kind, pages, read_with, error, state, worker, lease_until,
        attempts, alone_until, progress, progress_at_claim, stop_requested, created_at, started_at, finished_at,
        embedding, vector_model),
    UPDATE (shown_file_id, pages, read_with, error, state, worker, lease_until, attempts, alone_until,
        progress, progress_at_claim, started_at, finished_at, embedding, vector_model)
    ON documents TO reader;
GRANT SELECT, DELETE, INSERT (chat_id, document_id, session_id), UPDATE (created_at) ON chat_documents TO app;
GRANT SELECT (document_id) ON chat_documents TO runner;
-- A chat without a title is found by the name of its first document.
GRANT SELECT (id, name) ON documents TO searcher;
GRANT SELECT (chat_id, document_id, created_at) ON chat_documents TO searcher;
GRANT SELECT ON document_pages, passages, passage_vectors TO app;
GRANT SELECT (document_id, number, source), INSERT, UPDATE (text, source) ON document_pages TO reader;
GRANT SELECT (id, document_id, page, start_offset, end_offset, text),
    INSERT (document_id, session_id, page, start_offset, end_offset, text, words)
    ON passages TO reader;
GRANT SELECT (passage_id, start_offset, end_offset, model, vector), INSERT, UPDATE (end_offset, model, vector)
    ON passage_vectors TO reader;

CREATE POLICY app_reads ON documents FOR SELECT TO app
    USING (session_id = (SELECT current_session()));
CREATE POLICY app_keeps ON documents FOR INSERT TO app
    WITH CHECK (session_id = (SELECT current_session()));
CREATE POLICY app_changes ON documents FOR UPDATE TO app
    USING (session_id = (SELECT current_session()));
CREATE POLICY runner_purges ON documents FOR SELECT TO runner USING (true);
CREATE POLICY reader_sees ON documents FOR SELECT TO reader USING (true);
CREATE POLICY searcher_reads ON documents FOR SELECT TO searcher USING (true);
CREATE POLICY reader_works ON documents FOR UPDATE TO reader
    USING (state IN ('queued', 'running', 'complete'))
    WITH CHECK (true);

CREATE POLICY app_owns ON chat_documents TO app
    USING (session_id = (SELECT current_session()))
    WITH CHECK (session_id = (SELECT current_session()));
CREATE POLICY runner_purges ON chat_documents FOR SELECT TO runner USING (true);
CREATE POLICY searcher_reads ON chat_documents FOR SELECT TO searcher USING (true);

CREATE POLICY app_reads ON document_pages FOR SELECT TO app
    USING (session_id = (SELECT current_session()));
CREATE POLICY reader_sees ON document_pages FOR SELECT TO reader USING (true);
CREATE POLICY reader_writes ON document_pages FOR INSERT TO reader WITH CHECK (EXISTS (
    SELECT FROM documents d WHERE d.id = document_pages.document_id AND d.state = 'running'
));
CREATE POLICY reader_corrects ON document_pages FOR UPDATE TO reader USING (EXISTS (
    SELECT FROM documents d WHERE d.id = document_pages.document_id AND d.state = 'running'
));

CREATE POLICY app_reads ON passages FOR SELECT TO app
    USING (session_id = (SELECT current_session()));
CREATE POLICY reader_writes ON passages FOR INSERT TO reader WITH CHECK (EXISTS (
    SELECT FROM documents d WHERE d.id = passages.document_id AND d.state = 'running'
));
-- What gets vectors at the moment.
CREATE POLICY reader_embeds ON passages FOR SELECT TO reader USING (EXISTS (
    SELECT FROM documents d WHERE d.id = passages.document_id AND d.state = 'running' AND d.embedding
));

CREATE POLICY app_reads ON passage_vectors FOR SELECT TO app
    USING (session_id = (SELECT current_session()));
CREATE POLICY reader_embeds ON passage_vectors TO reader USING (EXISTS (
    SELECT FROM documents d WHERE d.id = passage_vectors.document_id AND d.state = 'running' AND d.embedding
));
