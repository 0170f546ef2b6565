-- Ends a reply: its text moves into the message, once. The message goes first, because its policy asks for a reply that is still open.
-- The tokens that it has used are counted. Runs as whoever calls it, under that role's policies.
CREATE OR REPLACE FUNCTION close_reply(
    reply uuid, final_state text, why text DEFAULT NULL, why_size integer DEFAULT NULL,
    why_limit integer DEFAULT NULL
) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM count_reply(reply);
    UPDATE messages SET content = reply_content(r.finished_steps, r.text) FROM replies r
    WHERE messages.id = reply AND r.message_id = reply AND r.text <> '';
    UPDATE replies r
    SET state = final_state, error = why, error_size = why_size, error_limit = why_limit,
        -- A single step is the message's content. Of several none is empty.
        finished_steps = CASE
            WHEN r.finished_steps = '[]' THEN r.finished_steps
            ELSE r.finished_steps || jsonb_build_object('kind', 'text', 'text', r.text)
        END,
        text = '', phase = NULL, lease_until = NULL, network = NULL, token_id = NULL,
        finished_at = now()
    WHERE message_id = reply;
END
$$;

REVOKE EXECUTE ON FUNCTION close_reply(uuid, text, text, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION close_reply(uuid, text, text, integer, integer) TO app, runner;
