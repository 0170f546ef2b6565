-- How many replies are queued, of all sessions, and about how long that takes; and how many are unfinished of the asking session, and of
-- one of its chats. Until the transaction ends nobody else can ask for this session (its row is locked): what it sends at the same time,
-- by whichever copy, can't pass a limit together. The queue is counted without a lock, so its limit is a brake. What is paused counts for nothing.
SET LOCAL ROLE definer;
CREATE OR REPLACE FUNCTION count_unfinished(chat uuid)
RETURNS TABLE (queued bigint, wait_ms integer, of_session bigint, of_chat bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- It is there as soon as the session has a chat.
    PERFORM FROM session_usage WHERE session_id = asking_session() FOR NO KEY UPDATE;
    RETURN QUERY
    SELECT count(*) FILTER (WHERE r.state = 'queued'),
        (count(*) FILTER (WHERE r.state = 'queued') * ms_per_position())::integer,
        count(*) FILTER (WHERE r.session_id = asking_session()),
        count(*) FILTER (WHERE r.session_id = asking_session() AND r.chat_id = chat)
    FROM replies r WHERE r.state IN ('queued', 'running') AND NOT is_paused(r.listened_until);
END
$$;

REVOKE EXECUTE ON FUNCTION count_unfinished(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION count_unfinished(uuid) TO app;
RESET ROLE;
