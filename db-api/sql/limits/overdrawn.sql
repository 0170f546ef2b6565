-- For how many seconds a bucket is overdrawn that is full at this moment; null if it is not, or if the clock was set back (`take_from`).
-- Nobody has to wait for none.
CREATE OR REPLACE FUNCTION overdrawn(full_at timestamptz) RETURNS integer LANGUAGE sql VOLATILE
RETURN CASE WHEN full_at > clock_timestamp() + interval '1 minute' AND full_at <= clock_timestamp() + interval '3 minutes'
    THEN ceil(extract(epoch FROM full_at - clock_timestamp()) - 60)::integer END;

REVOKE EXECUTE ON FUNCTION overdrawn(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION overdrawn(timestamptz) TO runner;
