"""What each role of the database may do at all, whoever's rows it is about."""

import pytest

from tests.db_api.conftest import OTHER_TABLES, TABLES, Sql
from tests.db_api.row_security.conftest import Acting, refusals

DENIED = {
    "app": [
        "UPDATE chats SET session_id = session_id",
        "INSERT INTO chats (context_start) VALUES (NULL)",
        "INSERT INTO messages (created_at) VALUES (now())",
        "INSERT INTO replies (worker) VALUES ('me')",
        "INSERT INTO replies (state) VALUES ('running')",
        "INSERT INTO sessions (revoked_at) VALUES (NULL)",
        "UPDATE messages SET role = 'assistant'",
        "UPDATE messages SET parent_id = NULL",
        "DELETE FROM chats",
        "UPDATE replies SET worker = 'me'",
        "UPDATE replies SET queue_number = DEFAULT",
        "DELETE FROM replies",
        "TRUNCATE chats",
        "SELECT * FROM queue_positions",
        "UPDATE alembic_version SET version_num = ''",
        "INSERT INTO files (stored_at) VALUES (now())",
        "UPDATE file_blocks SET bytes = 'x'",
        "DELETE FROM file_blocks",
        "INSERT INTO documents (state) VALUES ('complete')",
        "INSERT INTO chat_documents (created_at) VALUES (now())",
        "UPDATE documents SET state = 'queued'",
        "UPDATE documents SET session_id = session_id",
        "DELETE FROM documents",
        "UPDATE document_pages SET text = ''",
        "INSERT INTO document_pages VALUES (uuidv7(), uuidv7(), 1, '', 'text')",
        "UPDATE passages SET text = ''",
        "UPDATE passage_vectors SET model = ''",
        "INSERT INTO passage_vectors SELECT FROM passage_vectors",
        "INSERT INTO reply_passages (number) VALUES (1)",
        "INSERT INTO quotes (number) VALUES (1)",
        "DELETE FROM quotes",
        "UPDATE replies SET found = true",
        "UPDATE replies SET saw = 'text'",
        "UPDATE message_pictures SET number = 2",
        "DELETE FROM message_pictures",
        "UPDATE session_usage SET bytes = 0",
        "UPDATE session_usage SET messages_full_at = NULL",
        "INSERT INTO session_usage (bytes) VALUES (0)",
        "DELETE FROM session_usage",
        "SELECT * FROM addresses",
        "DELETE FROM addresses",
        "DELETE FROM tokens",
        "UPDATE tokens SET session_id = session_id",
        "UPDATE tokens SET scopes = '{chat}'",
        "UPDATE tokens SET expires_at = now()",
        "INSERT INTO tokens (revoked_at) VALUES (NULL)",
    ],
    "runner": [
        "SELECT * FROM sessions",
        "SELECT name FROM sessions",
        "SELECT username FROM chats",
        "SELECT title FROM chats",
        "SELECT client_key FROM messages",
        "UPDATE sessions SET expires_at = now()",
        "UPDATE chats SET head = NULL",
        "UPDATE chats SET deleted_at = now()",
        "UPDATE chats SET temperature = 1",
        "UPDATE messages SET parent_id = NULL",
        "UPDATE replies SET stop_requested = false",
        "INSERT INTO messages (chat_id, session_id, seq, role, content)"
        " VALUES (uuidv7(), uuidv7(), 1, 'user', 'x')",
        "DELETE FROM messages",
        "DELETE FROM replies",
        "TRUNCATE replies",
        "SELECT sha256 FROM files",
        "SELECT name FROM documents",
        "DELETE FROM documents",
        "SELECT * FROM file_blocks",
        "SELECT chat_id FROM chat_documents",
        "SELECT * FROM document_pages",
        "SELECT * FROM passages",
        "SELECT * FROM passage_vectors",
        "SELECT * FROM quotes",
        "SELECT number FROM reply_passages",
        "UPDATE reply_passages SET page = 2",
        "DELETE FROM reply_passages",
        "UPDATE replies SET mode = 'free'",
        "SELECT document_id FROM message_pictures",
        "DELETE FROM session_usage",
        "SELECT name FROM tokens",
        "UPDATE tokens SET revoked_at = now()",
    ],
    "searcher": [
        "SELECT name FROM sessions",
        "SELECT system_prompt FROM chats",
        "SELECT client_key FROM messages",
        "SELECT * FROM replies",
        "UPDATE chats SET title = ''",
        "DELETE FROM messages",
        "INSERT INTO sessions (expires_at) VALUES (now())",
        "SELECT * FROM documents",
        "SELECT * FROM message_pictures",
        "SELECT * FROM session_usage",
        "SELECT * FROM addresses",
        "SELECT * FROM tokens",
    ],
    "reader": [
        "DELETE FROM passages",
        *(f"SELECT * FROM {table}" for table in ("sessions", "chats", "messages", "replies")),
        "SELECT * FROM reply_passages",
        "SELECT * FROM quotes",
        "SELECT * FROM message_pictures",
        "SELECT * FROM session_usage",
        "SELECT * FROM addresses",
        "SELECT * FROM tokens",
        "SELECT name FROM documents",
        "SELECT sha256 FROM files",
        "INSERT INTO files (sha256) VALUES (NULL)",
        "SELECT text FROM document_pages",
        "SELECT * FROM chat_documents",
        "UPDATE documents SET name = ''",
        "UPDATE documents SET session_id = session_id",
        "UPDATE documents SET stop_requested = false",
        "INSERT INTO documents (session_id, file_id, name, kind)"
        " VALUES (uuidv7(), uuidv7(), 'x', 'pdf')",
        "DELETE FROM documents",
        "DELETE FROM files",
        "UPDATE files SET stored_at = now()",
        "SELECT session_id FROM file_blocks",
        "UPDATE file_blocks SET bytes = ''",
        "UPDATE document_pages SET number = 2",
        "DELETE FROM document_pages",
        "INSERT INTO passages (id) OVERRIDING SYSTEM VALUE VALUES (1)",
        "UPDATE passages SET text = ''",
        "SELECT words FROM passages",
        "SELECT session_id FROM passage_vectors",
        "UPDATE passage_vectors SET document_id = document_id",
        "DELETE FROM passage_vectors",
    ],
}


@pytest.mark.parametrize("role", DENIED)
def test_a_role_has_no_more_than_it_needs(acting: Acting, hers: dict[str, str], role: str) -> None:
    with acting(role, hers["session"]) as act:
        assert refusals(act, DENIED[role]) == dict.fromkeys(DENIED[role], "grant")


def test_no_function_runs_another_than_it_names(sql: Sql) -> None:
    """Names in a body of text, or in one that runs as its owner, are looked up in one schema."""
    led = sql(
        "SELECT proname::text FROM pg_proc p WHERE pronamespace = 'public'::regnamespace"
        " AND (prosqlbody IS NULL OR prosecdef)"
        " AND proconfig IS DISTINCT FROM ARRAY['search_path=public, pg_temp']"
        " AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')"
    )
    assert led == []


def test_every_table_forces_row_security(sql: Sql) -> None:
    tables = sql(
        "SELECT relname::text, relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relkind"
        " = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'"
    )
    assert dict(tables) == dict.fromkeys((*TABLES, *OTHER_TABLES), True)
