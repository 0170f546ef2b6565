-- Which reply is merely the beginning of which other one: it was cut, a later version continued it, and nothing was said below it. It is
-- kept, but it is no version to choose: whoever reads the whole has read it. security_invoker: row security applies to whoever asks.
CREATE OR REPLACE VIEW continuations WITH (security_invoker = true) AS
SELECT beginning.id AS beginning, whole.id AS whole
FROM messages beginning
JOIN replies cut ON cut.message_id = beginning.id
JOIN messages whole ON whole.parent_id = beginning.parent_id AND whole.seq > beginning.seq
JOIN replies r ON r.message_id = whole.id
WHERE (cut.state IN ('stopped', 'failed') OR cut.error = 'reply-limit')
    AND r.continued
    AND beginning.content <> ''
    AND starts_with(
        CASE WHEN r.finished_at IS NULL THEN reply_content(r.finished_steps, r.text)
            ELSE whole.content END,
        beginning.content
    )
    AND NOT EXISTS (SELECT FROM messages below WHERE below.parent_id = beginning.id);

GRANT SELECT ON continuations TO app;
