-- Queues a running reply again, with its text; its chat. It keeps its number, and comes before all that was never begun. `died`: its
-- worker or the model's server has, which is an attempt unless it was waiting for the model. What nobody listens to is paused from now on,
-- however long ago somebody did: the machine may have slept.
CREATE OR REPLACE FUNCTION hand_back(reply uuid, died boolean) RETURNS uuid
LANGUAGE sql SET search_path = public, pg_temp
BEGIN ATOMIC
    UPDATE replies
    SET state = 'queued', worker = NULL, lease_until = NULL, phase = NULL, alone_until = NULL,
        listened_until = CASE WHEN is_paused(listened_until) THEN clock_timestamp() ELSE listened_until END,
        attempts = attempts_after(attempts, died AND phase IS DISTINCT FROM 'waiting',
            is_alone(alone_until), progress, progress_at_claim)
    WHERE message_id = reply AND state = 'running'
    RETURNING chat_id;
END;

REVOKE EXECUTE ON FUNCTION hand_back(uuid, boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hand_back(uuid, boolean) TO runner;
