-- Queues again what nobody reads any more: documents whose lease has run out, and those that had to wait for a Tesseract if the claimer
-- has one. A lease that ran out is a death if another worker notices it; the claimer itself lives. One that was read and was to get
-- vectors is just read again; when nothing waits to be read, the next one that lacks vectors of the claimer's model is queued. What
-- others have locked stays for the next claim.
CREATE OR REPLACE FUNCTION hand_back_documents(claimer text, can_ocr boolean, can_hear boolean, model text)
RETURNS void
LANGUAGE sql SET search_path = public, pg_temp
BEGIN ATOMIC
    UPDATE documents
    SET state = CASE WHEN embedding THEN 'complete' ELSE 'queued' END, worker = NULL, lease_until = NULL,
        finished_at = CASE WHEN embedding THEN now() END, embedding = false,
        attempts = CASE WHEN embedding THEN attempts ELSE
            attempts_after(attempts, worker <> claimer, true, progress, progress_at_claim) END
    WHERE id IN (
        SELECT id FROM documents
        WHERE state = 'running' AND (has_expired(lease_until) OR worker = claimer)
        FOR NO KEY UPDATE SKIP LOCKED
    );
    UPDATE documents SET state = 'failed', error = 'crashed', finished_at = now()
    WHERE id IN (
        SELECT id FROM documents
        WHERE state = 'queued' AND attempts >= reading_attempt_limit()
        FOR NO KEY UPDATE SKIP LOCKED
    );
    UPDATE documents d
    SET state = 'queued', finished_at = NULL, started_at = NULL, progress = (
            SELECT count(*) FROM document_pages p WHERE p.document_id = d.id AND p.source <> 'needs-ocr'
        )
    WHERE d.id IN (
        SELECT id FROM documents
        WHERE can_ocr AND state = 'complete'
            AND id IN (SELECT document_id FROM document_pages WHERE source = 'needs-ocr')
        FOR NO KEY UPDATE SKIP LOCKED
    );
    UPDATE documents
    SET state = 'queued', finished_at = NULL, embedding = true
    WHERE id = (
        SELECT id FROM documents
        WHERE model IS NOT NULL AND to_regtype('halfvec') IS NOT NULL
            AND NOT EXISTS (SELECT FROM documents WHERE state = 'queued' AND (can_hear OR kind <> 'sound'))
            AND state = 'complete' AND kind <> 'sound' AND vector_model IS DISTINCT FROM model
        ORDER BY created_at, id
        LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
    );
END;

REVOKE EXECUTE ON FUNCTION hand_back_documents(text, boolean, boolean, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hand_back_documents(text, boolean, boolean, text) TO reader;
