-- Takes the tokens that a reply has used, as far as that is known, from the buckets of its session and of the token that it was asked for
-- with. Each is taken once, however often this is called. What was cached cost nobody anything. Whoever ends a reply calls it, and nobody may
-- fill a bucket themselves, so it runs with the runner's rights.
SET LOCAL ROLE definer;
CREATE OR REPLACE FUNCTION count_reply(reply uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    its record;
BEGIN
    SELECT r.session_id, r.token_id,
        CASE WHEN r.cached THEN 0 ELSE coalesce(r.prompt_tokens, 0) + coalesce(r.completion_tokens, 0) END - r.tokens_counted AS used
    INTO its FROM replies r WHERE r.message_id = reply AND r.finished_at IS NULL;
    IF its.used > 0 THEN
        PERFORM count_used(its.session_id, its.token_id, its.used);
        UPDATE replies SET tokens_counted = tokens_counted + its.used WHERE message_id = reply;
    END IF;
END
$$;

REVOKE EXECUTE ON FUNCTION count_reply(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION count_reply(uuid) TO app, runner;
RESET ROLE;
