"""Recordings: documents of sound, whose text becomes the draft of a message.

Revision: 0019, after 0018.
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

KINDS = "'pdf', 'text', 'markdown', 'jpeg', 'png'"
ERRORS = "'crashed', 'damaged', 'empty', 'encrypted', 'too-large', 'too-many-pages'"


def allow(kinds: str, errors: str) -> None:
    """These, and no others."""
    op.execute(
        "ALTER TABLE documents DROP CONSTRAINT documents_kind_check,"
        " DROP CONSTRAINT documents_error_check,"
        f" ADD CONSTRAINT documents_kind_check CHECK (kind IN ({kinds})),"
        f" ADD CONSTRAINT documents_error_check CHECK (error IN ({errors}))"
    )


def upgrade() -> None:
    allow(f"{KINDS}, 'sound'", f"{ERRORS}, 'too-long'")
    op.execute(
        "ALTER TABLE documents ADD draft_of uuid,"
        " ADD CONSTRAINT documents_draft_of_session_id_fkey FOREIGN KEY (draft_of, session_id)"
        " REFERENCES chats (id, session_id) ON DELETE SET NULL (draft_of)"
    )
    op.execute(
        "CREATE INDEX documents_draft_of_idx ON documents (draft_of) WHERE draft_of IS NOT NULL"
    )


def downgrade() -> None:
    # With their files; and with the functions and policies of `sql/` that name the column.
    op.execute("ALTER TABLE files NO FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE documents NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM files USING documents d WHERE d.file_id = files.id AND kind = 'sound'")
    op.execute("ALTER TABLE files FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE documents FORCE ROW LEVEL SECURITY, DROP draft_of CASCADE")
    allow(KINDS, ERRORS)
