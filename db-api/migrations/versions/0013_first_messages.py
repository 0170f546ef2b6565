"""A chat may begin with its first message: the message's key is unique among a session's chats.

Revision: 0013, after 0012.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "ALTER TABLE chats ADD client_key varchar,"
        " ADD CONSTRAINT chats_session_id_client_key_key UNIQUE (session_id, client_key)"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE chats DROP client_key")
