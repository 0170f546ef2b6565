-- A job's attempts if it is claimed now. One that was handed back has not failed at anything, nor has one that was excused (its
-- worker waited for somebody else). Progress since the last claim ends the series.
CREATE OR REPLACE FUNCTION attempts_after(
    attempts integer, state text, excused boolean, progress bigint, progress_at_claim bigint
) RETURNS integer LANGUAGE sql IMMUTABLE
RETURN CASE
    WHEN state = 'queued' OR excused THEN attempts
    WHEN progress > progress_at_claim THEN 0
    ELSE attempts + 1
END;

REVOKE EXECUTE ON FUNCTION attempts_after(integer, text, boolean, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION attempts_after(integer, text, boolean, bigint, bigint) TO runner;
