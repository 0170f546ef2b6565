"""PostgreSQL's planner keeps samples of what columns hold, but of none that hold people's words."""

from alembic import command
from app.settings import Settings

from tests.db_api.conftest import Sql, alembic_config
from tests.support.postgres import Postgres

# Columns and expressions that could hold words, and of which samples are kept.
SAMPLED = """
SELECT c.relname || '.' || a.attname
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
    AND (c.relkind = 'r' OR EXISTS (
        SELECT FROM pg_index i WHERE i.indexrelid = c.oid AND i.indkey[a.attnum - 1] = 0
    ))
    AND t.typname NOT IN ('uuid', 'int4', 'int8', 'bool', 'float4', 'float8', 'timestamptz', 'date')
    AND a.attstattarget IS DISTINCT FROM 0
ORDER BY 1
"""
# Our own words, and what tells of nobody's. Addresses are hashes.
OURS = {
    *("addresses.address", "alembic_version.version_num", "chats.mode", "document_pages.source"),
    *("documents.error", "documents.kind", "documents.read_with", "documents.state"),
    *("documents.vector_model", "documents.worker", "messages.role", "passage_vectors.model"),
    *("replies.error", "replies.error_detail", "replies.mode", "replies.model", "replies.phase"),
    *(
        "replies.cache_key",
        "replies.prompt_sha256",
        "replies.saw",
        "replies.state",
        "replies.worker",
        "tokens.scopes",
    ),
}


def test_no_samples_are_kept_of_columns_that_hold_people_s_words(sql: Sql) -> None:
    assert {column for (column,) in sql(SAMPLED)} == OURS


KEPT = "SELECT count(*) FROM pg_stats s WHERE schemaname = 'public' AND s::text ~ 'pomegranate'"


def test_samples_from_before_are_gone_after_the_next_migration(
    postgres: Postgres, fresh: Settings
) -> None:
    command.upgrade(alembic_config(fresh), "head")
    postgres.psql(
        "ALTER TABLE sessions ALTER name SET STATISTICS -1;"
        " ALTER INDEX chats_search_idx ALTER COLUMN 1 SET STATISTICS -1;"
        " COMMENT ON SCHEMA public IS 'of before';"
        " INSERT INTO sessions (expires_at, name)"
        " SELECT now() + interval '1 day', 'pomegranate' FROM generate_series(1, 9);"
        " INSERT INTO chats (session_id, username, system_prompt, title)"
        " SELECT id, 'Ada', '', 'pomegranate' FROM sessions; ANALYZE",
        fresh.db_name,
    )
    assert postgres.psql(KEPT, fresh.db_name) == "2"
    command.upgrade(alembic_config(fresh), "head")
    assert postgres.psql(KEPT, fresh.db_name) == "0"
    assert postgres.psql(f"ANALYZE; {KEPT}", fresh.db_name) == "0"
