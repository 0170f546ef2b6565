"""The answer cache: a hash of all that an answer follows from, and which replies come from it.

Revision: 0030, after 0029.
"""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

INDEX = """
CREATE INDEX replies_cache_idx ON replies (session_id, cache_key) WHERE cache_key IS NOT NULL
"""


def upgrade() -> None:
    op.execute("ALTER TABLE replies ADD cache_key varchar")
    op.execute("ALTER TABLE replies ADD cached boolean NOT NULL DEFAULT false")
    op.execute(INDEX)


def downgrade() -> None:
    # With the functions and policies of `sql/` that name the columns.
    op.execute("ALTER TABLE replies DROP cache_key CASCADE, DROP cached CASCADE")
