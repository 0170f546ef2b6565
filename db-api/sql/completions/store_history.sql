-- Stores messages that a program says were exchanged before, each below the one before it. The last one's id; null if there are none.
-- Their ids are made by the table, so each has to be there before the next.
CREATE OR REPLACE FUNCTION store_history(chat uuid, owner uuid, history json) RETURNS uuid
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    given record;
    last uuid;
BEGIN
    FOR given IN
        SELECT number, message ->> 'role' AS role, message ->> 'content' AS content
        FROM json_array_elements(history) WITH ORDINALITY AS h (message, number) ORDER BY number
    LOOP
        INSERT INTO messages (chat_id, session_id, seq, parent_id, role, content)
        VALUES (chat, owner, given.number, last, given.role, given.content) RETURNING id INTO last;
    END LOOP;
    RETURN last;
END
$$;

REVOKE EXECUTE ON FUNCTION store_history(uuid, uuid, json) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION store_history(uuid, uuid, json) TO app;
