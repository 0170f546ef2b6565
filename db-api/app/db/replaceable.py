"""Puts today's functions, views and policies in place: each stands in one file below `sql/`.

They belong to the code, not to a revision: every `./migrate` to the newest revision replaces them,
if a file has changed since. So their history is the files' history.
"""

from hashlib import sha256
from pathlib import Path

from sqlalchemy import Connection

FOLDER = Path(__file__).parents[2] / "sql"

# Each uses only what comes before it.
ORDER = (
    "sessions/asking_session",
    "sessions/current_session",
    "sessions/require_session",
    "jobs/lease_length",
    "jobs/new_lease",
    "jobs/has_expired",
    "jobs/attempt_limit",
    "jobs/attempts_after",
    "replies/reply_steps",
    "replies/reply_content",
    "replies/close_reply",
    "queue/queue_positions",
    "queue/ms_per_position",
    "queue/chat_positions",
    "queue/queue_length",
    "queue/close_abandoned",
    "queue/claim_reply",
    "search/split_words",
    "search/search_words",
    "search/search_query",
    "deleting/is_over",
    "deleting/purge_deleted",
    "policies/sessions",
    "policies/chats",
    "policies/messages",
    "policies/replies",
    "search/search_chats",
)

# The files in policies/ say all that a role may do: nothing older stays. A function that
# runs as another role is created by it, which has to be allowed to, for this moment only.
BEFORE = """
DO $$
DECLARE
    policy record;
BEGIN
    FOR policy IN SELECT policyname, tablename FROM pg_policies WHERE schemaname = 'public' LOOP
        EXECUTE format('DROP POLICY %I ON %I', policy.policyname, policy.tablename);
    END LOOP;
END
$$;
REVOKE ALL ON sessions, chats, messages, replies FROM app, runner, searcher;
GRANT CREATE ON SCHEMA public TO runner, searcher;
"""
AFTER = "REVOKE CREATE ON SCHEMA public FROM runner, searcher"

# The comment on the schema says which files are in place.
READ_MARK = "SELECT coalesce(obj_description('public'::regnamespace, 'pg_namespace'), '')"


def replace_all(connection: Connection) -> None:
    """In the migration's transaction, so that others see all of the old or all of the new ones."""
    statements = [(FOLDER / f"{name}.sql").read_text(encoding="utf-8") for name in ORDER]
    mark = f"sql/ {sha256(''.join(statements).encode()).hexdigest()}"
    # The driver's own cursor: nothing in the files is a parameter, whatever it looks like.
    cursor = connection.connection.cursor()
    cursor.execute(READ_MARK)
    if cursor.fetchone() == (mark,):
        return
    for statement in (BEFORE, *statements, AFTER):
        cursor.execute(statement)
    cursor.execute(f"COMMENT ON SCHEMA public IS '{mark}'")
