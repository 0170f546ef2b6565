-- A reply's quotes, in the order of its sentences, with the exact words: they are read from the page, so they can't be others. A sentence
-- without a source has no page; one whose document has been deleted has a page, but no document and no words. A quote without a sentence
-- (null) is one of the passages that came nearest. Called for replies that were to be answered from documents only, so that others cost
-- nothing. Under the row security of whoever asks.
CREATE OR REPLACE FUNCTION reply_quotes(reply uuid, owner uuid) RETURNS json
LANGUAGE sql STABLE SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT coalesce(json_agg(json_build_object(
        'start', q.reply_start, 'end', q.reply_end, 'document_id', q.document_id,
        'document', d.name, 'page', q.page,
        'quote_start', q.start_offset, 'quote_end', q.end_offset,
        'text', substr(p.text, q.start_offset + 1, q.end_offset - q.start_offset)
    ) ORDER BY q.number), '[]')
    FROM quotes q
    LEFT JOIN documents d ON d.id = q.document_id AND d.session_id = q.session_id
    LEFT JOIN document_pages p
        ON p.document_id = q.document_id AND p.number = q.page AND p.session_id = q.session_id
    WHERE q.message_id = reply AND q.session_id = owner;
END;

REVOKE EXECUTE ON FUNCTION reply_quotes(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reply_quotes(uuid, uuid) TO app, runner;
