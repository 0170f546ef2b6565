"""Requests of programs that are sent again: what they asked, and until when they listen.

Revision: 0028, after 0027.
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

INDEX = """
CREATE INDEX chats_request_idx ON chats (session_id, request_sha256)
WHERE request_sha256 IS NOT NULL
"""


def upgrade() -> None:
    op.execute("ALTER TABLE chats ADD request_sha256 varchar")
    op.execute(INDEX)
    op.execute("ALTER TABLE replies ADD listened_until timestamptz")


def downgrade() -> None:
    # With the functions and policies of `sql/` that name the columns.
    op.execute("ALTER TABLE replies DROP listened_until CASCADE")
    op.execute("ALTER TABLE chats DROP request_sha256 CASCADE")
