-- Who may do what with files and their blocks. A stored file is never written again.
GRANT SELECT, DELETE, INSERT (session_id, size), UPDATE (size, received, sha256, stored_at, touched_at) ON files TO app;
GRANT SELECT (id, session_id, size, received, stored_at, touched_at), DELETE ON files TO runner;
GRANT SELECT (id, size, stored_at), INSERT (id, session_id, size, received, stored_at), UPDATE (size, received, sha256)
    ON files TO reader;
GRANT SELECT, INSERT ON file_blocks TO app;
GRANT SELECT (file_id, number, bytes), INSERT, DELETE ON file_blocks TO reader;

CREATE POLICY app_reads ON files FOR SELECT TO app
    USING (session_id = (SELECT current_session()));
CREATE POLICY app_begins ON files FOR INSERT TO app
    WITH CHECK (session_id = (SELECT current_session()));
CREATE POLICY app_fills ON files FOR UPDATE TO app
    USING (session_id = (SELECT current_session()) AND stored_at IS NULL)
    WITH CHECK (session_id = (SELECT current_session()));
CREATE POLICY app_deletes ON files FOR DELETE TO app
    USING (session_id = (SELECT current_session()));
-- The runner counts what everybody has, and never sees a byte of it.
CREATE POLICY runner_counts ON files FOR SELECT TO runner USING (true);
CREATE POLICY runner_purges ON files FOR DELETE TO runner
    USING ((stored_at IS NULL AND is_abandoned(touched_at)) OR EXISTS (
        SELECT FROM documents d
        WHERE files.id IN (d.file_id, d.shown_file_id) AND NOT d.in_library AND d.draft_of IS NULL
            AND NOT EXISTS (SELECT FROM chat_documents c WHERE c.document_id = d.id)
    ));
-- What is read at the moment, and the picture that is made of it to be shown.
CREATE POLICY reader_reads ON files FOR SELECT TO reader USING (EXISTS (
    SELECT FROM documents d
    WHERE files.id IN (d.file_id, d.shown_file_id) AND d.state = 'running'
));
CREATE POLICY reader_makes_picture ON files FOR INSERT TO reader WITH CHECK (EXISTS (
    SELECT FROM documents d WHERE d.session_id = files.session_id
        AND d.state = 'running' AND d.kind IN ('jpeg', 'png') AND d.shown_file_id IS NULL
));
-- Of a recording nothing is left but the text.
CREATE POLICY reader_empties ON files FOR UPDATE TO reader USING (EXISTS (
    SELECT FROM documents d WHERE d.file_id = files.id AND d.state = 'running' AND d.kind = 'sound'
));

CREATE POLICY app_reads ON file_blocks FOR SELECT TO app
    USING (session_id = (SELECT current_session()));
-- The files that a person sees are the session's own.
CREATE POLICY app_fills ON file_blocks FOR INSERT TO app WITH CHECK (EXISTS (
    SELECT FROM files f WHERE f.id = file_blocks.file_id AND f.stored_at IS NULL
));
CREATE POLICY reader_reads ON file_blocks FOR SELECT TO reader USING (EXISTS (
    SELECT FROM documents d
    WHERE file_blocks.file_id IN (d.file_id, d.shown_file_id) AND d.state = 'running'
));
CREATE POLICY reader_makes_picture ON file_blocks FOR INSERT TO reader WITH CHECK (EXISTS (
    SELECT FROM documents d WHERE d.shown_file_id = file_blocks.file_id AND d.state = 'running'
));
CREATE POLICY reader_forgets ON file_blocks FOR DELETE TO reader USING (EXISTS (
    SELECT FROM documents d WHERE d.file_id = file_blocks.file_id AND d.state = 'running' AND d.kind = 'sound'
));
