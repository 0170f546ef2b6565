"""Calls of tools that replies have made, and whether a chat's model may make some.

Revision: 0032, after 0031.
"""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE replies ADD calls jsonb NOT NULL DEFAULT '[]'"
        " CONSTRAINT replies_calls_check CHECK (jsonb_array_length(calls) <= 4)"
    )
    op.execute("ALTER TABLE chats ADD tools boolean")
    op.execute("ALTER TABLE sessions ADD tools boolean")


def downgrade() -> None:
    # With the functions and policies of `sql/` that name the columns.
    op.execute("ALTER TABLE replies DROP calls CASCADE")
    op.execute("ALTER TABLE chats DROP tools CASCADE")
    op.execute("ALTER TABLE sessions DROP tools CASCADE")
