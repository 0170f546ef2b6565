-- Takes the tokens that were used from the buckets of a session and of the token that was shown, if one was. Always the session's first: who
-- has locked that one waits for no token's. What was reserved before, and was taken then, is given back; but not what has come
-- back by itself in the seconds since, or it could be used twice.
CREATE OR REPLACE FUNCTION count_used(
    session uuid, token uuid, used bigint, reserved bigint DEFAULT 0, since double precision DEFAULT 0
) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE session_usage
    SET tokens_full_at = take_from(tokens_full_at, settle(used, reserved, since, tokens_per_minute(false)), tokens_per_minute(false))
    WHERE session_id = session;
    UPDATE tokens
    SET tokens_full_at = take_from(tokens_full_at, settle(used, reserved, since, tokens_per_minute(true)), tokens_per_minute(true))
    WHERE id = token AND session_id = session;
END
$$;

REVOKE EXECUTE ON FUNCTION count_used(uuid, uuid, bigint, bigint, double precision) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION count_used(uuid, uuid, bigint, bigint, double precision) TO runner;
