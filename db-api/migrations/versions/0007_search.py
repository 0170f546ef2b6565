"""Search over titles and messages, in functions that keep to the asking session.

Under row security the planner may not hand the match operator to an index, because the operator
could leak what it is shown. So these functions run as a role of their own, which may read every
text, and name the session themselves.

Revision: 0007, after 0006.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# As in 0002: roles belong to the whole cluster, and are nobody by themselves.
ROLE = """
DO $$
BEGIN
    BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'searcher') THEN
            CREATE ROLE searcher NOLOGIN;
        END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;
    END;
    GRANT searcher TO CURRENT_USER WITH SET TRUE, INHERIT FALSE;
END
$$
"""

# Scripts that put no spaces between words: each of their characters is a word here.
UNSPACED = r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"

# Words are runs of letters and digits; PostgreSQL's parser alone would take "and/or" for a file
# and, in a database with the C locale as ours, "„word“" with its quotes for a word. More of a
# text than any message has by default is not looked at: a tsvector ends at 1 MB, and storing the
# text would fail.
SPLIT_WORDS = rf"""
CREATE FUNCTION split_words(words text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN tsvector_to_array(to_tsvector('simple',
    regexp_replace(
        regexp_replace(left(words, 40000), '[^[:alnum:]]+', ' ', 'g'),
        '({UNSPACED})', ' \1 ', 'g'
    )
))
"""

# Beside the words of a text stands whose it is, as a word that no text can have. Every query asks
# for it, too, so the index itself keeps to the session.
SEARCH_WORDS = """
CREATE FUNCTION search_words(session uuid, words text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 1000
RETURN array_to_tsvector(split_words(words) || ('#' || session::text))
"""

# Every word, each as a beginning; null if there is none. No operator can be among them.
SEARCH_QUERY = """
CREATE FUNCTION search_query(session uuid, words text) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
    SELECT format('%L & ', '#' || session::text) || string_agg(format('%L:*', word), ' & ')
    FROM unnest(split_words(words)) AS word
)::tsquery
"""

# Titles first, then messages, of both the newest first. Hits are found before they are compared
# with the session, or the planner would walk over all of another index to find its rows.
SEARCH = """
CREATE FUNCTION search_chats(words text, skip integer, most integer)
RETURNS TABLE (
    chat_id uuid, title varchar, message_id uuid, role varchar, content text,
    created_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    WITH asked AS MATERIALIZED (
        SELECT id AS session_id, search_query(id, words) AS query
        FROM current_session() AS id
    ), hits AS MATERIALIZED (
        SELECT id AS chat_id, NULL::uuid AS message_id, session_id, updated_at AS created_at, id
        FROM chats WHERE search_words(session_id, title) @@ (SELECT query FROM asked)
        UNION ALL
        SELECT chat_id, id, session_id, created_at, id
        FROM messages WHERE search_words(session_id, content) @@ (SELECT query FROM asked)
    ), page AS (
        SELECT hits.chat_id, hits.message_id, hits.created_at, hits.id
        FROM hits JOIN asked USING (session_id) JOIN chats c ON c.id = hits.chat_id
        WHERE c.deleted_at IS NULL
        ORDER BY message_id IS NOT NULL, created_at DESC, id DESC OFFSET skip LIMIT most
    )
    SELECT page.chat_id, c.title, page.message_id, m.role, coalesce(m.content, c.title),
        page.created_at
    FROM page JOIN chats c ON c.id = page.chat_id LEFT JOIN messages m ON m.id = page.message_id
    ORDER BY page.message_id IS NOT NULL, page.created_at DESC, page.id DESC;
END
"""

# New entries are kept in a list first, and whoever fills that sorts it in: a short one, so that
# nobody waits long for it.
INDEXES = (
    "CREATE INDEX chats_search_idx ON chats USING gin (search_words(session_id, title))",
    "CREATE INDEX messages_search_idx ON messages USING gin (search_words(session_id, content))"
    " WITH (gin_pending_list_limit = 512)",
)

FUNCTIONS = {
    "split_words(text)": SPLIT_WORDS,
    "search_words(uuid, text)": SEARCH_WORDS,
    "search_query(uuid, text)": SEARCH_QUERY,
    "search_chats(text, integer, integer)": SEARCH,
}

GRANTS = (
    f"REVOKE EXECUTE ON FUNCTION {', '.join(FUNCTIONS)} FROM PUBLIC",
    # Whoever writes a text also writes the index.
    "GRANT EXECUTE ON FUNCTION split_words(text), search_words(uuid, text)"
    " TO app, runner, searcher",
    "GRANT EXECUTE ON FUNCTION search_query(uuid, text), asking_session(), current_session()"
    " TO searcher",
    "GRANT EXECUTE ON FUNCTION search_chats(text, integer, integer) TO app",
    "GRANT SELECT (id, revoked_at, expires_at) ON sessions TO searcher",
    "GRANT SELECT (id, session_id, title, updated_at, deleted_at) ON chats TO searcher",
    "GRANT SELECT (id, chat_id, session_id, role, content, created_at) ON messages TO searcher",
    # A function's new owner must be allowed to create in its schema, for this moment only.
    "GRANT CREATE ON SCHEMA public TO searcher",
    "ALTER FUNCTION search_chats(text, integer, integer) OWNER TO searcher",
    "REVOKE CREATE ON SCHEMA public FROM searcher",
)
POLICIES = (
    "CREATE POLICY searcher_reads ON sessions FOR SELECT TO searcher USING (id = asking_session())",
    "CREATE POLICY searcher_reads ON chats FOR SELECT TO searcher USING (true)",
    "CREATE POLICY searcher_reads ON messages FOR SELECT TO searcher USING (true)",
)


def upgrade() -> None:
    for statement in (ROLE, *FUNCTIONS.values(), *INDEXES, *GRANTS, *POLICIES):
        op.execute(statement)


def downgrade() -> None:
    for table in ("sessions", "chats", "messages"):
        op.execute(f"DROP POLICY searcher_reads ON {table}")
        op.execute(f"REVOKE ALL ON {table} FROM searcher")
    op.execute("REVOKE ALL ON FUNCTION asking_session(), current_session() FROM searcher")
    op.execute("DROP INDEX chats_search_idx, messages_search_idx")
    # The search went with the tables of documents, which today's names.
    op.execute(f"DROP FUNCTION IF EXISTS {', '.join(reversed(FUNCTIONS))}")
