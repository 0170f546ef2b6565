-- Claims this reply of the asking session for a worker, in the transaction that stores it, or nothing. The count of busy slots and the
-- order of the queue are about all sessions, so it runs with the runner's eyes.
SET LOCAL ROLE definer;
CREATE OR REPLACE FUNCTION claim_own_reply(claimer text, slots integer, reply uuid)
RETURNS SETOF replies LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    claimed replies;
BEGIN
    IF EXISTS (SELECT FROM replies WHERE message_id = reply AND session_id = asking_session()) THEN
        -- RETURN QUERY would refuse the row once a newer copy has added a column.
        SELECT * INTO claimed FROM claim_reply(claimer, slots, reply);
        IF FOUND THEN
            RETURN NEXT claimed;
        END IF;
    END IF;
END
$$;

REVOKE EXECUTE ON FUNCTION claim_own_reply(text, integer, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION claim_own_reply(text, integer, uuid) TO app;
RESET ROLE;
