-- Counts what each session keeps in chats: as much as one may become. As with messages.
SET LOCAL ROLE definer;
CREATE OR REPLACE FUNCTION count_chats() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO session_usage AS u (session_id, bytes)
        SELECT session_id, 10000 * count(*) FROM written GROUP BY session_id
        ON CONFLICT (session_id) DO UPDATE SET bytes = u.bytes + excluded.bytes;
    ELSE
        UPDATE session_usage u SET bytes = u.bytes - lost.bytes
        FROM (SELECT session_id, 10000 * count(*) AS bytes FROM deleted GROUP BY session_id) AS lost
        WHERE u.session_id = lost.session_id;
    END IF;
    RETURN NULL;
END
$$;

REVOKE EXECUTE ON FUNCTION count_chats() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION count_chats() TO SESSION_USER;
RESET ROLE;

CREATE OR REPLACE TRIGGER count_written_chats AFTER INSERT ON chats
REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION count_chats();
CREATE OR REPLACE TRIGGER count_deleted_chats AFTER DELETE ON chats
REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION count_chats();
