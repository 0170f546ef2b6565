-- Whether the asking session may do one more of what it does so often at once, at most. Each holds an advisory lock until its transaction
-- ends, however it ends.
CREATE OR REPLACE FUNCTION take_turn(what text, most integer) RETURNS boolean
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    FOR turn IN 1..most LOOP
        IF pg_try_advisory_xact_lock(hashtextextended(format('%s %s %s', what, turn, asking_session()), 7035006)) THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END
$$;

REVOKE EXECUTE ON FUNCTION take_turn(text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION take_turn(text, integer) TO app;
