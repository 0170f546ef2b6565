-- The one definition of fair order, for claims and for the position shown alike. What was begun and interrupted comes first. Among the
-- others sessions take turns: a session's second queued reply comes after every other session's first, and a session that was served
-- while its next one waited goes to the end (`requeued`).
-- A reply that nobody listens to has no position (`is_paused`). Blocked: an earlier reply of the same chat is not final yet. security_invoker: row security applies to whoever asks, so only the
-- runner sees the whole queue.
CREATE OR REPLACE VIEW queue_positions WITH (security_invoker = true) AS
SELECT message_id, chat_id, session_id, begun,
    row_number() OVER (ORDER BY NOT begun, turn, since, queue_number) AS position,
    EXISTS (
        SELECT FROM replies earlier
        WHERE earlier.chat_id = queued.chat_id AND earlier.queue_number < queued.queue_number
            AND earlier.state IN ('queued', 'running')
    ) AS blocked,
    network
FROM (
    SELECT message_id, chat_id, session_id, queue_number, network, started_at IS NOT NULL AS begun,
        row_number() OVER own AS turn,
        first_value(coalesce(requeued, queue_number)) OVER own AS since
    FROM replies WHERE state = 'queued' AND NOT is_paused(listened_until)
    WINDOW own AS (PARTITION BY session_id ORDER BY queue_number)
) AS queued;

GRANT SELECT ON queue_positions TO runner;
