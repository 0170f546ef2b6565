-- How many bytes the asking session's files take, and those of all sessions: what is here, or was stated where that is more. Until the
-- transaction ends no other can ask (the advisory lock), so uploads at the same time can't pass a quota together. All sessions' files
-- have to be counted, so it runs with the runner's eyes.
SET LOCAL ROLE definer;
CREATE OR REPLACE FUNCTION room_taken() RETURNS TABLE (by_session bigint, by_all bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7035004);
    RETURN QUERY
    SELECT coalesce(sum(greatest(size, received)) FILTER (WHERE session_id = asking_session()), 0)::bigint,
        coalesce(sum(greatest(size, received)), 0)::bigint
    FROM files;
END
$$;

REVOKE EXECUTE ON FUNCTION room_taken() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION room_taken() TO app;
RESET ROLE;
