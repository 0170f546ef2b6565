-- Deletes for good the files of documents that are in no chat, not in the library and no draft of a chat any more: at most 20, each up
-- to some megabytes. Under the lock of room_taken(), so that none of them is given to a chat at this moment. Runs as the runner, under
-- its policies.
CREATE OR REPLACE FUNCTION purge_files() RETURNS bigint
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    purged bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(7035004);
    DELETE FROM files WHERE id IN (
        SELECT unnest(ARRAY[d.file_id, d.shown_file_id]) FROM documents d
        WHERE NOT d.in_library AND d.draft_of IS NULL AND NOT EXISTS (SELECT FROM chat_documents c WHERE c.document_id = d.id) LIMIT 20
    );
    GET DIAGNOSTICS purged = ROW_COUNT;
    RETURN purged;
END
$$;

REVOKE EXECUTE ON FUNCTION purge_files() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION purge_files() TO runner;
