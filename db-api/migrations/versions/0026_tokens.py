"""Tokens, with which programs act for a session.

Revision: 0026, after 0025.
"""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TOKENS = """
CREATE TABLE tokens (
    id uuid DEFAULT uuidv7() CONSTRAINT tokens_pkey PRIMARY KEY,
    session_id uuid NOT NULL,
    name varchar NOT NULL CONSTRAINT tokens_name_check CHECK (char_length(name) BETWEEN 1 AND 80),
    scopes varchar[] NOT NULL CONSTRAINT tokens_scopes_check CHECK (
        cardinality(scopes) > 0
        AND scopes <@ ARRAY['chat', 'read', 'documents']::character varying[]
    ),
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    last_used_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT tokens_session_id_fkey
        FOREIGN KEY (session_id) REFERENCES sessions (id) ON DELETE CASCADE
)
"""
INDEX = "CREATE INDEX tokens_session_id_idx ON tokens (session_id)"
SECURE = "ALTER TABLE tokens ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"


def upgrade() -> None:
    for statement in (TOKENS, INDEX, SECURE):
        op.execute(statement)


def downgrade() -> None:
    # With the functions of `sql/` that name the table.
    op.execute("DROP TABLE tokens CASCADE")
