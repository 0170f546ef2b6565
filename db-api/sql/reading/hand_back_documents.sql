-- Queues again what nobody reads any more: documents whose lease has run out, those of a worker that is known to be dead, and those that
-- had to wait for a Tesseract if the claimer has one. What somebody else held is a death; the claimer itself lives. One that was
-- read and was to get vectors waits for them again, or is read if the claimer has no model. When nothing waits to be read, the next one
-- that lacks vectors of the claimer's model is queued. What others have locked stays for the next claim.
--
-- Each document is updated once, and claimed in another transaction: the second time, PostgreSQL would look for its file, which whoever
-- deletes it has locked while they wait for the document.
CREATE OR REPLACE FUNCTION hand_back_documents(
    claimer text, predecessor text, can_ocr boolean, can_hear boolean, model text
) RETURNS void
LANGUAGE sql SET search_path = public, pg_temp
BEGIN ATOMIC
    UPDATE documents d
    SET state = CASE WHEN given_up THEN 'failed' WHEN done THEN 'complete' ELSE 'queued' END,
        error = CASE WHEN given_up THEN 'crashed' END, finished_at = CASE WHEN given_up OR done THEN now() END,
        embedding = embedding AND NOT done, worker = NULL, lease_until = NULL, attempts = abandoned.attempts,
        started_at = clock_timestamp() -- its turn has ended
    FROM (
        SELECT id, attempts, NOT embedding AND attempts >= reading_attempt_limit() AS given_up,
            embedding AND model IS NULL AS done
        FROM (
            SELECT id, embedding, CASE WHEN embedding THEN attempts ELSE
                attempts_after(attempts, worker <> claimer, true, progress, progress_at_claim) END AS attempts
            FROM documents
            WHERE state = 'running' AND (has_expired(lease_until) OR worker IN (claimer, predecessor))
            FOR NO KEY UPDATE SKIP LOCKED
        ) AS held
    ) AS abandoned
    WHERE d.id = abandoned.id;
    UPDATE documents d
    SET state = 'queued', finished_at = NULL, started_at = NULL, progress = (
            SELECT count(*) FROM document_pages p WHERE p.document_id = d.id AND p.source <> 'needs-ocr'
        )
    WHERE d.id IN (
        SELECT id FROM documents
        WHERE can_ocr AND state = 'complete' AND finished_at <> now()
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

REVOKE EXECUTE ON FUNCTION hand_back_documents(text, text, boolean, boolean, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hand_back_documents(text, text, boolean, boolean, text) TO reader;
