"""What is counted for limits, for each session and each address.

Revision: 0024, after 0023.
"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

USAGE = """
CREATE TABLE session_usage (
    session_id uuid CONSTRAINT session_usage_pkey PRIMARY KEY,
    bytes bigint NOT NULL DEFAULT 0,
    messages_full_at timestamptz,
    chats_full_at timestamptz,
    tokens_full_at timestamptz,
    export_id uuid,
    export_until timestamptz,
    CONSTRAINT session_usage_session_id_fkey
        FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE
) WITH (fillfactor = 50)
"""
ADDRESSES = """
CREATE TABLE addresses (
    address bytea CONSTRAINT addresses_pkey PRIMARY KEY,
    full_at timestamptz NOT NULL
) WITH (fillfactor = 50)
"""
# As sql/limits counts from now on.
COUNT = """
INSERT INTO session_usage (session_id, bytes)
SELECT c.session_id, sum(10000 + coalesce(kept.bytes, 0))
FROM chats c LEFT JOIN (
    SELECT chat_id, sum(
        CASE role WHEN 'user' THEN 500 + octet_length(content) ELSE 10000 END
    ) AS bytes
    FROM messages GROUP BY chat_id
) AS kept ON kept.chat_id = c.id
GROUP BY c.session_id
"""
COUNTED = ("chats", "messages")
TABLES = ("session_usage", "addresses")


def upgrade() -> None:
    op.execute(USAGE)
    op.execute(ADDRESSES)
    for table in COUNTED:
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(COUNT)
    for table in COUNTED:
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    for table in COUNTED:
        for event in ("written", "deleted"):
            op.execute(f"DROP TRIGGER IF EXISTS count_{event}_{table} ON {table}")
    # With the functions of `sql/` that name the tables.
    op.execute(f"DROP TABLE {', '.join(TABLES)} CASCADE")
