"""What people may set: a session's name, a chat's title, pin, prompt and model settings.

Deleting a chat only marks it from here on, so that it can be undone; forgetting a session
deletes it with everything in it.

Revision: 0005, after 0004.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COLUMNS = (
    "ALTER TABLE sessions ADD name varchar"
    " CONSTRAINT sessions_name_check CHECK (char_length(name) BETWEEN 1 AND 80)",
    """
    ALTER TABLE chats
        ADD pinned boolean NOT NULL DEFAULT false,
        ADD deleted_at timestamptz,
        ADD temperature real
            CONSTRAINT chats_temperature_check CHECK (temperature BETWEEN 0 AND 2),
        ADD reply_tokens integer
            CONSTRAINT chats_reply_tokens_check CHECK (reply_tokens BETWEEN 1 AND 4096)
    """,
)

# The order of the list, read backwards. Deleted ones are in it: it is also how a session's
# chats are found when the session is deleted.
INDEXES = (
    "DROP INDEX chats_session_id_updated_at_id_idx",
    "CREATE INDEX chats_session_id_pinned_updated_at_id_idx"
    " ON chats (session_id, pinned, updated_at, id)",
)

GRANTS = (
    "GRANT INSERT (name), UPDATE (name), DELETE ON sessions TO app",
    "REVOKE UPDATE (revoked_at) ON sessions FROM app",
    "GRANT UPDATE (pinned, system_prompt, temperature, reply_tokens, deleted_at) ON chats TO app",
    "REVOKE DELETE ON chats FROM app",
    "GRANT SELECT (temperature, reply_tokens) ON chats TO runner",
)

POLICY = "CREATE POLICY app_forgets ON sessions FOR DELETE TO app USING (id = current_session())"


def upgrade() -> None:
    for statement in (*COLUMNS, *INDEXES, *GRANTS, POLICY):
        op.execute(statement)


def downgrade() -> None:
    # What was deleted must not come back. Row security would hide it even from the owner.
    op.execute("ALTER TABLE chats NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM chats WHERE deleted_at IS NOT NULL")
    op.execute("ALTER TABLE chats FORCE ROW LEVEL SECURITY")
    op.execute("DROP POLICY app_forgets ON sessions")
    op.execute("REVOKE DELETE ON sessions FROM app")
    op.execute("GRANT UPDATE (revoked_at) ON sessions TO app")
    op.execute("REVOKE UPDATE (system_prompt) ON chats FROM app")
    op.execute("GRANT DELETE ON chats TO app")
    op.execute("DROP INDEX chats_session_id_pinned_updated_at_id_idx")
    op.execute(
        "CREATE INDEX chats_session_id_updated_at_id_idx ON chats (session_id, updated_at, id)"
    )
    # Grants on a column go with it.
    op.execute("ALTER TABLE sessions DROP name")
    op.execute(
        "ALTER TABLE chats DROP pinned, DROP deleted_at, DROP temperature, DROP reply_tokens"
    )
