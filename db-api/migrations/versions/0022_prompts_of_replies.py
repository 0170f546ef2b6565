"""Where a reply's prompt began, and the hash of what its model was given.

Revision: 0022, after 0021.
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE replies ADD prompt_start uuid, ADD prompt_sha256 varchar")


def downgrade() -> None:
    op.execute("ALTER TABLE replies DROP prompt_start, DROP prompt_sha256")
