-- How much of a bucket is taken at this moment that is full at that one; nothing where the clock was set back (`take_from`).
CREATE OR REPLACE FUNCTION taken_from(full_at timestamptz, per_minute integer) RETURNS numeric LANGUAGE sql VOLATILE
RETURN CASE WHEN full_at > clock_timestamp() AND full_at <= clock_timestamp() + interval '3 minutes'
    THEN extract(epoch FROM full_at - clock_timestamp()) * per_minute / 60 ELSE 0 END;

REVOKE EXECUTE ON FUNCTION taken_from(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION taken_from(timestamptz, integer) TO runner;
