-- The pictures that were sent with a message, in their order. One that was deleted has left its place. Under the row security of whoever
-- asks.
CREATE OR REPLACE FUNCTION list_pictures(message uuid, owner uuid) RETURNS json
LANGUAGE sql STABLE SET search_path = public, pg_temp
BEGIN ATOMIC
    SELECT coalesce(
        json_agg(json_build_object('document_id', d.id, 'name', d.name) ORDER BY p.number), '[]'
    )
    FROM message_pictures p
    LEFT JOIN documents d ON d.id = p.document_id AND d.session_id = p.session_id
    WHERE p.message_id = message AND p.session_id = owner;
END;

REVOKE EXECUTE ON FUNCTION list_pictures(uuid, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_pictures(uuid, uuid) TO app, runner;
