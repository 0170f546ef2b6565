-- The token with which a program asks in this transaction; null if a person does. Whose it is, who uses it looks up.
CREATE OR REPLACE FUNCTION asking_token() RETURNS uuid LANGUAGE sql STABLE
RETURN NULLIF(current_setting('app.token_id', true), '')::uuid;

REVOKE EXECUTE ON FUNCTION asking_token() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION asking_token() TO runner;
