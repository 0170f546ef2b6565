-- Ends a transaction whose session is not live. It goes along with BEGIN, so the check costs no round trip of its own.
CREATE OR REPLACE FUNCTION require_session() RETURNS void LANGUAGE plpgsql STABLE
SET search_path = public, pg_temp AS $$
BEGIN
    IF current_session() IS NULL THEN
        RAISE EXCEPTION 'the session has ended' USING ERRCODE = 'PY401';
    END IF;
END
$$;

REVOKE EXECUTE ON FUNCTION require_session() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION require_session() TO app;
