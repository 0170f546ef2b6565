-- The session that this transaction acts for: db-api sets app.session_id as it begins (app/db/transactions.py).
CREATE OR REPLACE FUNCTION asking_session() RETURNS uuid LANGUAGE sql STABLE
RETURN nullif(current_setting('app.session_id', true), '')::uuid;

REVOKE EXECUTE ON FUNCTION asking_session() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION asking_session() TO app, runner, searcher;
