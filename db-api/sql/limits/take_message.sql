-- Takes so many messages and chats from what the asking session may store in a minute, and messages also from what the token may that was
-- shown for it, if one was. And sees that so many tokens, all that a reply may take, are left to both. As JSON: `passed`, which of the limits that
-- passes, with `what`, `limit` and `retry_after`, or null; and of `requests` and `tokens` what each bucket has left now.
--
-- What unfinished replies may still take is not left, and is in no bucket: it is in their rows (`tokens_reserved`), and what they did take
-- is counted in the transaction that ends them. So the tokens of a minute are never passed, and nothing has to be given back. One that is paused
-- takes nothing more, until it is asked for again. With `at_once` the tokens are taken now, because there will be no row.
--
-- The caller rolls back if a limit is passed, so nothing is taken then. The session's row stays locked until the transaction ends: what is
-- asked at the same time, by whichever copy, can't pass a limit together. A token is of one session, so its bucket is guarded by the same lock.
-- What is more than all of a minute has to wait until nothing is taken, and then passes. Nobody may fill a bucket themselves, so it runs with the runner's rights.
SET LOCAL ROLE definer;
CREATE OR REPLACE FUNCTION take_message(
    messages integer, chats integer, tokens integer, messages_per_minute integer, program_messages_per_minute integer,
    chats_per_minute integer, most_bytes bigint, at_once boolean
) RETURNS json
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    mine session_usage;
    its record;
    reserved bigint;
    program_reserved bigint;
    passed json;
    left_requests json;
    left_tokens json;
BEGIN
    INSERT INTO session_usage AS u (session_id, messages_full_at, chats_full_at)
    VALUES (asking_session(), take_from(NULL, messages, messages_per_minute), take_from(NULL, chats, chats_per_minute))
    ON CONFLICT (session_id) DO UPDATE
    SET messages_full_at = take_from(u.messages_full_at, messages, messages_per_minute),
        chats_full_at = take_from(u.chats_full_at, chats, chats_per_minute)
    RETURNING * INTO mine;
    UPDATE tokens t SET messages_full_at = take_from(t.messages_full_at, messages, program_messages_per_minute)
    WHERE t.id = asking_token() AND t.session_id = asking_session()
    RETURNING t.id, t.messages_full_at, t.tokens_full_at INTO its;
    SELECT coalesce(sum(r.still), 0), coalesce(sum(r.still) FILTER (WHERE r.token_id = its.id), 0)
    INTO reserved, program_reserved
    FROM (
        SELECT token_id, greatest(
            CASE WHEN state = 'queued' AND is_paused(listened_until)
                THEN coalesce(prompt_tokens, 0) + coalesce(completion_tokens, 0) ELSE tokens_reserved END - tokens_counted, 0
        ) AS still
        FROM replies WHERE session_id = asking_session() AND state IN ('queued', 'running')
    ) AS r;
    SELECT json_build_object('what', bucket.what, 'limit', bucket.most, 'retry_after', bucket.seconds) INTO passed
    FROM (VALUES
        ('bytes', most_bytes, CASE WHEN mine.bytes >= most_bytes THEN 0 END),
        ('chats', chats_per_minute, overdrawn(mine.chats_full_at)),
        ('messages', messages_per_minute, overdrawn(mine.messages_full_at)),
        ('program-messages', program_messages_per_minute, overdrawn(its.messages_full_at)),
        ('tokens', tokens_per_minute(false), seconds_until(mine.tokens_full_at, reserved, tokens, tokens_per_minute(false))),
        ('program-tokens', tokens_per_minute(true), CASE WHEN its.id IS NOT NULL
            THEN seconds_until(its.tokens_full_at, program_reserved, tokens, tokens_per_minute(true)) END)
    ) AS bucket (what, most, seconds)
    WHERE bucket.seconds IS NOT NULL LIMIT 1;
    SELECT json_agg(json_build_object('limit', bucket.most, 'left', bucket.most - taken_from(bucket.full_at, bucket.most))) INTO left_requests
    FROM (VALUES (messages_per_minute, mine.messages_full_at, true), (program_messages_per_minute, its.messages_full_at, its.id IS NOT NULL))
        AS bucket (most, full_at, counts) WHERE bucket.counts;
    SELECT json_agg(json_build_object(
        'limit', bucket.most, 'left', bucket.most - taken_from(bucket.full_at, bucket.most) - bucket.reserved - least(tokens, bucket.most)
    )) INTO left_tokens
    FROM (VALUES (tokens_per_minute(false), mine.tokens_full_at, reserved, true),
        (tokens_per_minute(true), its.tokens_full_at, program_reserved, its.id IS NOT NULL))
        AS bucket (most, full_at, reserved, counts) WHERE bucket.counts;
    IF at_once THEN
        UPDATE session_usage SET tokens_full_at = take_from(tokens_full_at, least(take_message.tokens, tokens_per_minute(false)), tokens_per_minute(false))
        WHERE session_id = asking_session();
        UPDATE tokens t SET tokens_full_at = take_from(t.tokens_full_at, least(take_message.tokens, tokens_per_minute(true)), tokens_per_minute(true))
        WHERE t.id = its.id;
    END IF;
    RETURN json_build_object('passed', passed, 'messages', messages, 'tokens_asked', tokens, 'requests', left_requests, 'tokens', left_tokens);
END
$$;

REVOKE EXECUTE ON FUNCTION take_message(integer, integer, integer, integer, integer, integer, bigint, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_message(integer, integer, integer, integer, integer, integer, bigint, boolean) TO app;
RESET ROLE;
