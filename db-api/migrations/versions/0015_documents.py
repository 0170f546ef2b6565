"""Documents: their files in blocks of 1 MiB, which chats have them, their pages' text, passages.

Revision: 0015, after 0014.
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# As in 0002: roles belong to the whole cluster, and are nobody by themselves.
ROLE = """
DO $$
BEGIN
    BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'reader') THEN
            CREATE ROLE reader NOLOGIN;
        END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;
    END;
    GRANT reader TO CURRENT_USER WITH SET TRUE, INHERIT FALSE;
END
$$
"""

FILES = """
CREATE TABLE files (
    id uuid DEFAULT uuidv7() CONSTRAINT files_pkey PRIMARY KEY,
    session_id uuid NOT NULL
        CONSTRAINT files_session_id_fkey REFERENCES sessions ON DELETE CASCADE,
    size bigint,
    received bigint NOT NULL DEFAULT 0,
    sha256 bytea,
    stored_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    touched_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT files_received_check CHECK (received >= 0),
    CONSTRAINT files_size_check CHECK (size >= 0),
    CONSTRAINT files_sha256_check CHECK (octet_length(sha256) = 32),
    CONSTRAINT files_stored_check
        CHECK (stored_at IS NULL OR size IS NOT DISTINCT FROM received),
    CONSTRAINT files_id_session_id_key UNIQUE (id, session_id)
)
"""

# What is in a file is mostly compressed already, and read by the whole block.
BLOCKS = """
CREATE TABLE file_blocks (
    file_id uuid NOT NULL,
    session_id uuid NOT NULL,
    number integer NOT NULL CONSTRAINT file_blocks_number_check CHECK (number >= 0),
    bytes bytea STORAGE EXTERNAL NOT NULL CONSTRAINT file_blocks_bytes_check
        CHECK (octet_length(bytes) BETWEEN 1 AND 1048576),
    CONSTRAINT file_blocks_pkey PRIMARY KEY (file_id, number),
    CONSTRAINT file_blocks_file_id_session_id_fkey FOREIGN KEY (file_id, session_id)
        REFERENCES files (id, session_id) ON DELETE CASCADE
)
"""

DOCUMENTS = """
CREATE TABLE documents (
    id uuid DEFAULT uuidv7() CONSTRAINT documents_pkey PRIMARY KEY,
    session_id uuid NOT NULL,
    file_id uuid NOT NULL,
    shown_file_id uuid,
    name varchar NOT NULL
        CONSTRAINT documents_name_check CHECK (char_length(name) BETWEEN 1 AND 200),
    kind varchar NOT NULL CONSTRAINT documents_kind_check
        CHECK (kind IN ('pdf', 'text', 'markdown', 'jpeg', 'png')),
    in_library boolean NOT NULL DEFAULT false,
    pages integer CONSTRAINT documents_pages_check CHECK (pages >= 0),
    read_with varchar,
    error varchar CONSTRAINT documents_error_check CHECK (error IN (
        'crashed', 'damaged', 'empty', 'encrypted', 'too-large', 'too-many-pages'
    )),
    state varchar NOT NULL DEFAULT 'queued' CONSTRAINT documents_state_check
        CHECK (state IN ('queued', 'running', 'complete', 'stopped', 'failed')),
    worker varchar,
    lease_until timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    alone_until timestamptz,
    progress bigint NOT NULL DEFAULT 0,
    progress_at_claim bigint NOT NULL DEFAULT 0,
    stop_requested boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    CONSTRAINT documents_lease_check
        CHECK (state <> 'running' OR (worker IS NOT NULL AND lease_until IS NOT NULL)),
    CONSTRAINT documents_finished_check
        CHECK ((state IN ('queued', 'running')) = (finished_at IS NULL)),
    CONSTRAINT documents_id_session_id_key UNIQUE (id, session_id),
    CONSTRAINT documents_file_id_key UNIQUE (file_id),
    CONSTRAINT documents_file_id_session_id_fkey FOREIGN KEY (file_id, session_id)
        REFERENCES files (id, session_id) ON DELETE CASCADE,
    CONSTRAINT documents_shown_file_id_session_id_fkey FOREIGN KEY (shown_file_id, session_id)
        REFERENCES files (id, session_id) ON DELETE SET NULL (shown_file_id)
)
"""

CHAT_DOCUMENTS = """
CREATE TABLE chat_documents (
    chat_id uuid NOT NULL,
    document_id uuid NOT NULL,
    session_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT chat_documents_pkey PRIMARY KEY (chat_id, document_id),
    CONSTRAINT chat_documents_chat_id_session_id_fkey FOREIGN KEY (chat_id, session_id)
        REFERENCES chats (id, session_id) ON DELETE CASCADE,
    CONSTRAINT chat_documents_document_id_session_id_fkey FOREIGN KEY (document_id, session_id)
        REFERENCES documents (id, session_id) ON DELETE CASCADE
)
"""

PAGES = """
CREATE TABLE document_pages (
    document_id uuid NOT NULL,
    session_id uuid NOT NULL,
    number integer NOT NULL CONSTRAINT document_pages_number_check CHECK (number >= 1),
    text varchar NOT NULL,
    source varchar NOT NULL CONSTRAINT document_pages_source_check
        CHECK (source IN ('text', 'ocr', 'needs-ocr', 'unreadable', 'empty')),
    CONSTRAINT document_pages_pkey PRIMARY KEY (document_id, number),
    CONSTRAINT document_pages_document_id_session_id_fkey FOREIGN KEY (document_id, session_id)
        REFERENCES documents (id, session_id) ON DELETE CASCADE
)
"""

PASSAGES = """
CREATE TABLE passages (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT passages_pkey PRIMARY KEY,
    document_id uuid NOT NULL,
    session_id uuid NOT NULL,
    page integer NOT NULL,
    start_offset integer NOT NULL,
    end_offset integer NOT NULL,
    text varchar NOT NULL,
    CONSTRAINT passages_offsets_check CHECK (0 <= start_offset AND start_offset < end_offset),
    CONSTRAINT passages_document_id_page_start_offset_end_offset_key
        UNIQUE (document_id, page, start_offset, end_offset),
    CONSTRAINT passages_document_id_session_id_fkey FOREIGN KEY (document_id, session_id)
        REFERENCES documents (id, session_id) ON DELETE CASCADE,
    CONSTRAINT passages_document_id_page_fkey FOREIGN KEY (document_id, page)
        REFERENCES document_pages (document_id, number) ON DELETE CASCADE
)
"""

INDEXES = (
    "CREATE UNIQUE INDEX files_content_idx ON files (session_id, sha256)"
    " WHERE stored_at IS NOT NULL",
    "CREATE INDEX files_unfinished_idx ON files (touched_at) WHERE stored_at IS NULL",
    "CREATE INDEX documents_session_id_created_at_id_idx ON documents (session_id, created_at, id)",
    "CREATE INDEX documents_shown_file_id_idx ON documents (shown_file_id)",
    "CREATE INDEX documents_unfinished_idx ON documents (created_at, id)"
    " WHERE state IN ('queued', 'running')",
    "CREATE INDEX chat_documents_document_id_idx ON chat_documents (document_id)",
)

TABLES = ("files", "file_blocks", "documents", "chat_documents", "document_pages", "passages")


def upgrade() -> None:
    for statement in (ROLE, FILES, BLOCKS, DOCUMENTS, CHAT_DOCUMENTS, PAGES, PASSAGES, *INDEXES):
        op.execute(statement)
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    # With the functions of `sql/` that name the tables.
    op.execute(f"DROP TABLE {', '.join(reversed(TABLES))} CASCADE")
