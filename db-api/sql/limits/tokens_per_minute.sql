-- How many tokens a session may take in a minute, or one of the tokens that programs have (`program`). A setting of db-api's connections,
-- because a reply may end in a transaction that is about other things.
CREATE OR REPLACE FUNCTION tokens_per_minute(of_program boolean) RETURNS integer LANGUAGE sql STABLE
RETURN coalesce(current_setting(CASE WHEN of_program THEN 'app.program_tokens_per_minute' ELSE 'app.tokens_per_minute' END, true)::integer, 2147483647);

REVOKE EXECUTE ON FUNCTION tokens_per_minute(boolean) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION tokens_per_minute(boolean) TO runner;
