"""What a reply may take of its session's and its token's tokens a minute, and each token's buckets.

Revision: 0031, after 0030.
"""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE replies ADD token_id uuid, ADD tokens_reserved integer NOT NULL DEFAULT 0,"
        " ADD tokens_counted integer NOT NULL DEFAULT 0"
    )
    op.execute(
        "ALTER TABLE replies ALTER token_id"
        " SET DEFAULT NULLIF(current_setting('app.token_id', true), '')::uuid"
    )
    op.execute(
        "ALTER TABLE tokens ADD messages_full_at timestamptz, ADD tokens_full_at timestamptz"
    )


def downgrade() -> None:
    # With the functions of `sql/` that name the columns.
    op.execute(
        "ALTER TABLE replies DROP token_id CASCADE, DROP tokens_reserved CASCADE,"
        " DROP tokens_counted CASCADE"
    )
    op.execute("ALTER TABLE tokens DROP messages_full_at CASCADE, DROP tokens_full_at CASCADE")
