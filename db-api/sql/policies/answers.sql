-- Who may do what with the passages found for a reply, and with its quotes. They are written once, while their reply is, by the runner,
-- which reads no word of a document; everything else is the owner's. They go with their message and with their document.
GRANT SELECT ON reply_passages, quotes TO app;
GRANT SELECT (message_id, document_id, page, start_offset, end_offset), INSERT ON reply_passages TO runner;
GRANT INSERT ON quotes TO runner;

CREATE POLICY app_reads ON reply_passages FOR SELECT TO app
    USING (session_id = (SELECT current_session()));
CREATE POLICY runner_reads ON reply_passages FOR SELECT TO runner USING (true);
CREATE POLICY runner_finds ON reply_passages FOR INSERT TO runner WITH CHECK (EXISTS (
    SELECT FROM replies r WHERE r.message_id = reply_passages.message_id AND r.state = 'running'
));

CREATE POLICY app_reads ON quotes FOR SELECT TO app
    USING (session_id = (SELECT current_session()));
CREATE POLICY runner_quotes ON quotes FOR INSERT TO runner WITH CHECK (EXISTS (
    SELECT FROM replies r WHERE r.message_id = quotes.message_id AND r.state = 'running'
));
