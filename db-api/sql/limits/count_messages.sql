-- Counts what each session keeps in messages, whatever statement stores or deletes them. It is never called while a claim's lock is
-- held: it may wait for a session that waits for that lock. Runs with the rights of the runner, the only one who changes the counts.
SET LOCAL ROLE definer;
CREATE OR REPLACE FUNCTION count_messages() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO session_usage AS u (session_id, bytes)
        SELECT session_id, sum(weight(role, content)) FROM written GROUP BY session_id
        ON CONFLICT (session_id) DO UPDATE SET bytes = u.bytes + excluded.bytes;
    ELSE
        UPDATE session_usage u SET bytes = u.bytes - lost.bytes
        FROM (SELECT session_id, sum(weight(role, content)) AS bytes FROM deleted GROUP BY session_id) AS lost
        WHERE u.session_id = lost.session_id;
    END IF;
    RETURN NULL;
END
$$;

REVOKE EXECUTE ON FUNCTION count_messages() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION count_messages() TO SESSION_USER;
RESET ROLE;

CREATE OR REPLACE TRIGGER count_written_messages AFTER INSERT ON messages
REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION count_messages();
CREATE OR REPLACE TRIGGER count_deleted_messages AFTER DELETE ON messages
REFERENCING OLD TABLE AS deleted FOR EACH STATEMENT EXECUTE FUNCTION count_messages();
