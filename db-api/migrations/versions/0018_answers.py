"""How a reply is to be answered, the passages found for it, and its quotes.

Revision: 0018, after 0017.
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# A constant default is not written into the rows that are there.
COLUMNS = (
    """
    ALTER TABLE replies
        ADD mode varchar NOT NULL DEFAULT 'free'
            CONSTRAINT replies_mode_check CHECK (mode IN ('free', 'documents', 'exact')),
        ADD found boolean,
        ADD unread_pages integer
            CONSTRAINT replies_unread_pages_check CHECK (unread_pages >= 0)
    """,
    "ALTER TABLE chats ADD mode varchar"
    " CONSTRAINT chats_mode_check CHECK (mode IN ('free', 'documents', 'exact'))",
)

PASSAGES = """
CREATE TABLE reply_passages (
    message_id uuid NOT NULL,
    chat_id uuid NOT NULL,
    session_id uuid NOT NULL,
    number integer NOT NULL CONSTRAINT reply_passages_number_check CHECK (number >= 1),
    document_id uuid NOT NULL,
    page integer NOT NULL,
    start_offset integer NOT NULL,
    end_offset integer NOT NULL,
    CONSTRAINT reply_passages_pkey PRIMARY KEY (message_id, number),
    CONSTRAINT reply_passages_offsets_check
        CHECK (0 <= start_offset AND start_offset < end_offset),
    CONSTRAINT reply_passages_message_id_chat_id_session_id_fkey
        FOREIGN KEY (message_id, chat_id, session_id)
        REFERENCES messages (id, chat_id, session_id) ON DELETE CASCADE,
    CONSTRAINT reply_passages_document_id_session_id_fkey FOREIGN KEY (document_id, session_id)
        REFERENCES documents (id, session_id) ON DELETE CASCADE,
    CONSTRAINT reply_passages_document_id_page_fkey FOREIGN KEY (document_id, page)
        REFERENCES document_pages (document_id, number) ON DELETE CASCADE
)
"""

QUOTES = """
CREATE TABLE quotes (
    message_id uuid NOT NULL,
    chat_id uuid NOT NULL,
    session_id uuid NOT NULL,
    number integer NOT NULL CONSTRAINT quotes_number_check CHECK (number >= 1),
    reply_start integer,
    reply_end integer,
    document_id uuid,
    page integer,
    start_offset integer,
    end_offset integer,
    CONSTRAINT quotes_pkey PRIMARY KEY (message_id, number),
    CONSTRAINT quotes_reply_check CHECK (
        (reply_start IS NULL) = (reply_end IS NULL)
        AND (reply_start IS NULL OR (0 <= reply_start AND reply_start < reply_end))
    ),
    CONSTRAINT quotes_document_check CHECK (
        num_nulls(document_id, page, start_offset, end_offset) IN (0, 4)
        AND (document_id IS NULL OR (0 <= start_offset AND start_offset < end_offset))
    ),
    CONSTRAINT quotes_something_check CHECK (num_nonnulls(reply_start, document_id) > 0),
    CONSTRAINT quotes_message_id_chat_id_session_id_fkey
        FOREIGN KEY (message_id, chat_id, session_id)
        REFERENCES messages (id, chat_id, session_id) ON DELETE CASCADE,
    CONSTRAINT quotes_document_id_session_id_fkey FOREIGN KEY (document_id, session_id)
        REFERENCES documents (id, session_id) ON DELETE CASCADE,
    CONSTRAINT quotes_document_id_page_fkey FOREIGN KEY (document_id, page)
        REFERENCES document_pages (document_id, number) ON DELETE CASCADE
)
"""

TABLES = ("reply_passages", "quotes")
# Beside the keys: what a document's deletion looks for.
INDEXES = tuple(
    f"CREATE INDEX {table}_document_id_page_idx ON {table} (document_id, page)" for table in TABLES
)


def upgrade() -> None:
    for statement in (*COLUMNS, PASSAGES, QUOTES, *INDEXES):
        op.execute(statement)
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    # With the functions of `sql/` that name the tables.
    op.execute("DROP TABLE quotes, reply_passages CASCADE")
    op.execute("ALTER TABLE chats DROP mode")
    op.execute("ALTER TABLE replies DROP mode, DROP found, DROP unread_pages")
