"""From here on db-api connects with logins that own nothing (`app/db/logins.py`), and the owner may
become nobody between two migrations. Code from before can't serve this; after a downgrade it can.

Revision: 0023, after 0022.
"""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """`./migrate` makes the logins each time: they belong to the cluster, and a backup that is put
    back into a new one has none."""


def downgrade() -> None:
    """On its way to an older revision, `./migrate` leaves the owner the roles."""
    op.execute("DROP FUNCTION IF EXISTS claim_own_reply(text, integer, uuid)")
