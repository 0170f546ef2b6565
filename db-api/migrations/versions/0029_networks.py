"""Where an unfinished reply was asked from, as a hash: one address has not all slots.

Revision: 0029, after 0028.
"""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE replies ADD network varchar")
    op.execute(
        "ALTER TABLE replies ALTER network"
        " SET DEFAULT NULLIF(current_setting('app.network', true), '')"
    )


def downgrade() -> None:
    # With the functions of `sql/` that name it.
    op.execute("ALTER TABLE replies DROP network CASCADE")
