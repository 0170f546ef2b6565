-- Takes so many messages and chats from what the asking session may store in a minute. Which of its limits that passes, as JSON with
-- `what`, `limit` and `retry_after`; null: none. The caller rolls back if it passes one, so nothing is taken then. The row stays locked until
-- the transaction ends: what is sent at the same time, by whichever copy, can't pass a limit together. Tokens are counted when a reply
-- ends; until what was used is back, there are none for another. Nobody may fill a bucket themselves, so it runs with the runner's rights.
SET LOCAL ROLE definer;
CREATE OR REPLACE FUNCTION take_message(
    messages integer, chats integer, messages_per_minute integer, chats_per_minute integer, tokens_per_minute integer,
    most_bytes bigint
) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    mine session_usage;
BEGIN
    INSERT INTO session_usage AS u (session_id, messages_full_at, chats_full_at)
    VALUES (asking_session(), take_from(NULL, messages, messages_per_minute), take_from(NULL, chats, chats_per_minute))
    ON CONFLICT (session_id) DO UPDATE
    SET messages_full_at = take_from(u.messages_full_at, messages, messages_per_minute),
        chats_full_at = take_from(u.chats_full_at, chats, chats_per_minute)
    RETURNING * INTO mine;
    RETURN (
        SELECT json_build_object('what', passed.what, 'limit', passed.most, 'retry_after', passed.seconds)
        FROM (VALUES
            ('bytes', most_bytes, CASE WHEN mine.bytes >= most_bytes THEN 0 END),
            ('chats', chats_per_minute, overdrawn(mine.chats_full_at)),
            ('messages', messages_per_minute, overdrawn(mine.messages_full_at)),
            ('tokens', tokens_per_minute, CASE WHEN messages > 0 THEN overdrawn(mine.tokens_full_at) END)
        ) AS passed (what, most, seconds)
        WHERE passed.seconds IS NOT NULL LIMIT 1
    );
END
$$;

REVOKE EXECUTE ON FUNCTION take_message(integer, integer, integer, integer, integer, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_message(integer, integer, integer, integer, integer, bigint) TO app;
RESET ROLE;
