"""What programs ask for: chats that expire, and how their replies are written.

Revision: 0027, after 0026.
"""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

INDEX = "CREATE INDEX chats_expires_idx ON chats (expires_at) WHERE expires_at IS NOT NULL"


def upgrade() -> None:
    op.execute("ALTER TABLE chats ADD expires_at timestamptz, ADD sampling jsonb")
    op.execute(INDEX)


def downgrade() -> None:
    # An older db-api would list them.
    op.execute("ALTER TABLE chats NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM chats WHERE expires_at IS NOT NULL")
    op.execute("ALTER TABLE chats FORCE ROW LEVEL SECURITY")
    # With the functions and policies of `sql/` that name the columns.
    op.execute("ALTER TABLE chats DROP expires_at CASCADE, DROP sampling CASCADE")
