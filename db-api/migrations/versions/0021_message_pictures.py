"""The pictures of messages, and whether a reply's model saw them.

Revision: 0021, after 0020.
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

PICTURES = """
CREATE TABLE message_pictures (
    message_id uuid NOT NULL,
    chat_id uuid NOT NULL,
    session_id uuid NOT NULL,
    number integer NOT NULL CONSTRAINT message_pictures_number_check CHECK (number BETWEEN 1 AND 4),
    document_id uuid,
    CONSTRAINT message_pictures_pkey PRIMARY KEY (message_id, number),
    CONSTRAINT message_pictures_message_id_chat_id_session_id_fkey
        FOREIGN KEY (message_id, chat_id, session_id)
        REFERENCES messages (id, chat_id, session_id) ON DELETE CASCADE,
    CONSTRAINT message_pictures_document_id_session_id_fkey FOREIGN KEY (document_id, session_id)
        REFERENCES documents (id, session_id) ON DELETE SET NULL (document_id)
)
"""
# What a document's deletion looks for.
INDEX = "CREATE INDEX message_pictures_document_id_idx ON message_pictures (document_id)"
SAW = (
    "ALTER TABLE replies ADD saw varchar"
    " CONSTRAINT replies_saw_check CHECK (saw IN ('picture', 'text', 'nothing'))"
)
SECURE = "ALTER TABLE message_pictures ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"


def upgrade() -> None:
    for statement in (PICTURES, INDEX, SAW, SECURE):
        op.execute(statement)


def downgrade() -> None:
    # With the functions of `sql/` that name the table.
    op.execute("DROP TABLE message_pictures CASCADE")
    op.execute("ALTER TABLE replies DROP saw")
