-- A job's attempts once nobody works at it any more. Progress since the claim ends the series. A death counts: of the worker, or of the
-- server that it used. Where others ran beside the job it may have been their doing, so that brings it before its trial and no further.
CREATE OR REPLACE FUNCTION attempts_after(
    attempts integer, died boolean, alone boolean, progress bigint, progress_at_claim bigint
) RETURNS integer LANGUAGE sql IMMUTABLE
RETURN CASE
    WHEN progress > progress_at_claim THEN 0
    WHEN died AND (alone OR attempts < attempts_before_trial()) THEN attempts + 1
    ELSE attempts
END;

REVOKE EXECUTE ON FUNCTION attempts_after(integer, boolean, boolean, bigint, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION attempts_after(integer, boolean, boolean, bigint, bigint) TO runner, reader;
