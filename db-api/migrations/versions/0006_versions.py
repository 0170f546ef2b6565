"""Versions of messages and replies: siblings in the tree, and the deletion of what is below one.

Revision: 0006, after 0005.
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# ``last_seq`` is the highest one ever given out: a follower asks for what came after a number,
# so none may be used twice, not even after the newest messages were deleted.
LAST_SEQ = "ALTER TABLE chats ADD last_seq integer NOT NULL DEFAULT 0"
COUNT_SEQ = """
UPDATE chats SET last_seq = written.last
FROM (SELECT chat_id, max(seq) AS last FROM messages GROUP BY chat_id) AS written
WHERE written.chat_id = chats.id
"""

# A reply asked for once more has a key, too. The opening message, which nobody sent, has none.
KEYS = (
    "ALTER TABLE messages DROP CONSTRAINT messages_client_key_check",
    "ALTER TABLE messages ADD CONSTRAINT messages_client_key_check"
    " CHECK (client_key IS NULL OR role = 'user' OR parent_id IS NOT NULL)",
)

# How much of a reply's text it was given at its beginning, from the one it goes on with.
PREFILLED = "ALTER TABLE replies ADD prefilled integer NOT NULL DEFAULT 0"

# The versions of a chat's first message; the others are found by their parent.
FIRST_MESSAGES = "CREATE INDEX messages_first_idx ON messages (chat_id) WHERE parent_id IS NULL"

# Where the model's memory begins may be deleted; then it is all of the chat again.
CONTEXT_START = """
ALTER TABLE chats
    DROP CONSTRAINT chats_context_start_id_session_id_fkey,
    ADD CONSTRAINT chats_context_start_id_session_id_fkey
        FOREIGN KEY (context_start, id, session_id)
        REFERENCES messages (id, chat_id, session_id) ON DELETE {action}
"""

GRANTS = (
    "GRANT UPDATE (last_seq) ON chats TO app",
    "GRANT DELETE ON messages TO app",
    "GRANT INSERT (text, prefilled) ON replies TO app",
)
POLICY = (
    "CREATE POLICY app_deletes ON messages FOR DELETE TO app"
    " USING (session_id = (SELECT current_session()))"
)


def change_rows(*statements: str) -> None:
    """Row security is forced on the owner as well, who without this would change nothing."""
    tables = ("chats", "messages")
    for table in tables:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    for statement in statements:
        op.execute(statement)
    for table in tables:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def upgrade() -> None:
    op.execute(LAST_SEQ)
    change_rows(COUNT_SEQ)
    context_start = CONTEXT_START.format(action="SET NULL (context_start)")
    for statement in (*KEYS, PREFILLED, FIRST_MESSAGES, context_start, *GRANTS, POLICY):
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP POLICY app_deletes ON messages")
    op.execute("REVOKE DELETE ON messages FROM app")
    op.execute("REVOKE INSERT (text) ON replies FROM app")
    op.execute(CONTEXT_START.format(action="NO ACTION"))
    op.execute("DROP INDEX messages_first_idx")
    op.execute("ALTER TABLE replies DROP prefilled")
    change_rows("UPDATE messages SET client_key = NULL WHERE role = 'assistant'")
    op.execute("ALTER TABLE messages DROP CONSTRAINT messages_client_key_check")
    op.execute(
        "ALTER TABLE messages ADD CONSTRAINT messages_client_key_check"
        " CHECK (client_key IS NULL OR role = 'user')"
    )
    op.execute("ALTER TABLE chats DROP last_seq")
