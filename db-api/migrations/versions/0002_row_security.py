"""Two roles and row-level security: a query for a person reaches that person's rows only.

The login owns the tables, and FORCE makes even the owner see nothing: every transaction has to
become ``app`` (for the person in ``app.session_id``) or ``runner`` first.

Revision: 0002, after 0001.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("sessions", "chats", "messages", "replies")

# Roles belong to the whole cluster, so another database may have made them already, even at
# this moment. SET without INHERIT: the login can become them, and is nothing by itself.
ROLES = """
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['app', 'runner'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
        EXECUTE format('GRANT %I TO CURRENT_USER WITH SET TRUE, INHERIT FALSE', wanted);
    END LOOP;
END
$$
"""

ASKING_SESSION = """
CREATE FUNCTION asking_session() RETURNS uuid LANGUAGE sql STABLE
RETURN nullif(current_setting('app.session_id', true), '')::uuid
"""

# An ended or expired session gives null, and null equals nothing: its rows are out of reach.
CURRENT_SESSION = """
CREATE FUNCTION current_session() RETURNS uuid LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT id FROM sessions
    WHERE id = asking_session() AND revoked_at IS NULL AND expires_at > now();
END
"""

FUNCTION_GRANTS = (
    "REVOKE EXECUTE ON FUNCTION asking_session(), current_session() FROM PUBLIC",
    "GRANT EXECUTE ON FUNCTION asking_session() TO app, runner",
    "GRANT EXECUTE ON FUNCTION current_session() TO app",
)

# No more than each role's statements need; no table is granted to the other by accident.
GRANTS = (
    "GRANT SELECT, INSERT (id, expires_at), UPDATE (last_seen_at, expires_at, revoked_at)"
    " ON sessions TO app",
    "GRANT SELECT, DELETE, INSERT (session_id, username, system_prompt),"
    " UPDATE (title, updated_at, head) ON chats TO app",
    "GRANT SELECT, UPDATE (content),"
    " INSERT (chat_id, session_id, seq, parent_id, role, content, client_key) ON messages TO app",
    "GRANT SELECT, INSERT (message_id, chat_id, session_id),"
    " UPDATE (state, phase, text, lease_until, stop_requested, error, finished_at)"
    " ON replies TO app",
    "GRANT SELECT (id, system_prompt, head, context_start), UPDATE (context_start)"
    " ON chats TO runner",
    "GRANT SELECT (id, chat_id, parent_id, seq, role, content, created_at), UPDATE (content)"
    " ON messages TO runner",
    "GRANT SELECT, UPDATE (state, phase, text, worker, lease_until, attempts, length_at_claim,"
    " rejoined, error, model, prompt_tokens, prompt_tokens_read, completion_tokens, first_token_ms,"
    " total_ms, started_at, finished_at) ON replies TO runner",
)

# What an unfinished reply still allows: its message is filled once and never written again.
STILL_QUEUED = (
    "EXISTS (SELECT FROM replies r WHERE r.message_id = messages.id AND r.state = 'queued')"
)
STILL_OPEN = (
    "EXISTS (SELECT FROM replies r WHERE r.message_id = messages.id"
    " AND r.state IN ('queued', 'running'))"
)
# The sub-select is evaluated once per statement, not once per row.
MINE = "session_id = (SELECT current_session())"
UNFINISHED = "state IN ('queued', 'running')"

POLICIES = (
    # Known by id alone, so that an ended session can be told from one that never was.
    "CREATE POLICY app_reads ON sessions FOR SELECT TO app USING (id = asking_session())",
    "CREATE POLICY app_begins ON sessions FOR INSERT TO app WITH CHECK (id = asking_session())",
    # A dead session can't bring itself back.
    "CREATE POLICY app_renews ON sessions FOR UPDATE TO app"
    " USING (id = asking_session() AND revoked_at IS NULL AND expires_at > now())"
    " WITH CHECK (id = asking_session())",
    f"CREATE POLICY app_owns ON chats TO app USING ({MINE}) WITH CHECK ({MINE})",
    f"CREATE POLICY app_reads ON messages FOR SELECT TO app USING ({MINE})",
    f"CREATE POLICY app_writes ON messages FOR INSERT TO app WITH CHECK ({MINE})",
    # Stop while queued: what an earlier run had written moves into the message.
    f"CREATE POLICY app_closes ON messages FOR UPDATE TO app USING ({MINE} AND {STILL_QUEUED})",
    f"CREATE POLICY app_reads ON replies FOR SELECT TO app USING ({MINE})",
    f"CREATE POLICY app_asks ON replies FOR INSERT TO app WITH CHECK ({MINE} AND state = 'queued')",
    f"CREATE POLICY app_stops ON replies FOR UPDATE TO app USING ({MINE} AND {UNFINISHED})"
    f" WITH CHECK ({MINE})",
    # The runner answers everybody: it reads histories and writes replies, never who asked.
    "CREATE POLICY runner_reads ON chats FOR SELECT TO runner USING (true)",
    "CREATE POLICY runner_moves_context ON chats FOR UPDATE TO runner USING (true)",
    "CREATE POLICY runner_reads ON messages FOR SELECT TO runner USING (true)",
    f"CREATE POLICY runner_fills ON messages FOR UPDATE TO runner USING ({STILL_OPEN})",
    "CREATE POLICY runner_reads ON replies FOR SELECT TO runner USING (true)",
    f"CREATE POLICY runner_works ON replies FOR UPDATE TO runner USING ({UNFINISHED})"
    " WITH CHECK (true)",
)


def upgrade() -> None:
    for statement in (ROLES, ASKING_SESSION, CURRENT_SESSION, *FUNCTION_GRANTS, *GRANTS):
        op.execute(statement)
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    for statement in POLICIES:
        op.execute(statement)


def downgrade() -> None:
    for statement in reversed(POLICIES):
        policy, table = statement.split()[2], statement.split()[4]
        op.execute(f"DROP POLICY {policy} ON {table}")
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY")
        op.execute(f"REVOKE ALL ON {table} FROM app, runner")
    # The roles stay: they belong to the cluster, and another database may be using them.
    op.execute("DROP FUNCTION current_session(), asking_session()")
