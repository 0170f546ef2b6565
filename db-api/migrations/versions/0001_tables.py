"""Sessions, chats, messages and replies, with the constraints that keep them honest.

Revision: 0001, the first.
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SESSIONS = """
CREATE TABLE sessions (
    id uuid DEFAULT uuidv7() CONSTRAINT sessions_pkey PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
)
"""

CHATS = """
CREATE TABLE chats (
    id uuid DEFAULT uuidv7() CONSTRAINT chats_pkey PRIMARY KEY,
    session_id uuid NOT NULL
        CONSTRAINT chats_session_id_fkey REFERENCES sessions ON DELETE CASCADE,
    username varchar NOT NULL
        CONSTRAINT chats_username_check CHECK (char_length(username) BETWEEN 1 AND 80),
    title varchar CONSTRAINT chats_title_check CHECK (char_length(title) <= 80),
    system_prompt varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    head uuid,
    context_start uuid,
    CONSTRAINT chats_id_session_id_key UNIQUE (id, session_id)
)
"""

MESSAGES = """
CREATE TABLE messages (
    id uuid DEFAULT uuidv7() CONSTRAINT messages_pkey PRIMARY KEY,
    chat_id uuid NOT NULL,
    session_id uuid NOT NULL,
    seq integer NOT NULL CONSTRAINT messages_seq_check CHECK (seq > 0),
    parent_id uuid,
    role varchar NOT NULL CONSTRAINT messages_role_check CHECK (role IN ('user', 'assistant')),
    content varchar NOT NULL,
    client_key varchar,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT messages_client_key_check CHECK (client_key IS NULL OR role = 'user'),
    CONSTRAINT messages_id_chat_id_session_id_key UNIQUE (id, chat_id, session_id),
    CONSTRAINT messages_chat_id_seq_key UNIQUE (chat_id, seq),
    CONSTRAINT messages_chat_id_client_key_key UNIQUE (chat_id, client_key),
    CONSTRAINT messages_chat_id_session_id_fkey FOREIGN KEY (chat_id, session_id)
        REFERENCES chats (id, session_id) ON DELETE CASCADE,
    CONSTRAINT messages_parent_id_chat_id_session_id_fkey
        FOREIGN KEY (parent_id, chat_id, session_id)
        REFERENCES messages (id, chat_id, session_id)
)
"""

REPLIES = """
CREATE TABLE replies (
    message_id uuid CONSTRAINT replies_pkey PRIMARY KEY,
    chat_id uuid NOT NULL,
    session_id uuid NOT NULL,
    number bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    rejoined bigint,
    state varchar NOT NULL DEFAULT 'queued' CONSTRAINT replies_state_check
        CHECK (state IN ('queued', 'running', 'complete', 'stopped', 'failed')),
    phase varchar CONSTRAINT replies_phase_check CHECK (phase IN ('waiting', 'reading', 'writing')),
    text varchar NOT NULL DEFAULT '',
    worker varchar,
    lease_until timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    length_at_claim integer NOT NULL DEFAULT 0,
    stop_requested boolean NOT NULL DEFAULT false,
    error varchar,
    model varchar,
    prompt_tokens integer,
    prompt_tokens_read integer,
    completion_tokens integer,
    first_token_ms integer,
    total_ms integer,
    created_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    CONSTRAINT replies_lease_check
        CHECK (state <> 'running' OR (worker IS NOT NULL AND lease_until IS NOT NULL)),
    CONSTRAINT replies_finished_check
        CHECK ((state IN ('queued', 'running')) = (finished_at IS NULL)),
    CONSTRAINT replies_message_id_chat_id_session_id_fkey
        FOREIGN KEY (message_id, chat_id, session_id)
        REFERENCES messages (id, chat_id, session_id) ON DELETE CASCADE
)
"""

# Chats and messages point at each other, so these two come last.
HEADS = """
ALTER TABLE chats
    ADD CONSTRAINT chats_head_id_session_id_fkey FOREIGN KEY (head, id, session_id)
        REFERENCES messages (id, chat_id, session_id),
    ADD CONSTRAINT chats_context_start_id_session_id_fkey
        FOREIGN KEY (context_start, id, session_id) REFERENCES messages (id, chat_id, session_id)
"""

INDEXES = (
    "CREATE INDEX chats_session_id_updated_at_id_idx ON chats (session_id, updated_at, id)",
    "CREATE INDEX messages_parent_id_idx ON messages (parent_id)",
    "CREATE INDEX replies_unfinished_idx ON replies (chat_id, number)"
    " WHERE state IN ('queued', 'running')",
    # The newest of them tell how long a reply takes.
    "CREATE INDEX replies_complete_idx ON replies (finished_at) WHERE state = 'complete'",
)


def upgrade() -> None:
    for statement in (SESSIONS, CHATS, MESSAGES, REPLIES, HEADS, *INDEXES):
        op.execute(statement)


def downgrade() -> None:
    # In one statement: chats and messages point at each other.
    op.execute("DROP TABLE replies, messages, chats, sessions")
