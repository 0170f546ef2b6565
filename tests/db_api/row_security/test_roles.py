"""What each role of the database may do at all, whoever's rows it is about."""

import pytest

from tests.db_api.conftest import TABLES, Sql
from tests.db_api.row_security.conftest import Acting, refusals

DENIED = {
    "app": [
        "UPDATE chats SET session_id = session_id",
        "UPDATE chats SET context_start = NULL",
        "INSERT INTO chats (context_start) VALUES (NULL)",
        "INSERT INTO messages (created_at) VALUES (now())",
        "INSERT INTO replies (worker) VALUES ('me')",
        "INSERT INTO replies (state) VALUES ('running')",
        "INSERT INTO sessions (revoked_at) VALUES (NULL)",
        "UPDATE sessions SET revoked_at = NULL",
        "UPDATE messages SET role = 'assistant'",
        "UPDATE messages SET parent_id = NULL",
        "DELETE FROM chats",
        "UPDATE replies SET worker = 'me'",
        "UPDATE replies SET queue_number = DEFAULT",
        "DELETE FROM replies",
        "TRUNCATE chats",
        "SELECT * FROM queue_positions",
        "SELECT * FROM alembic_version",
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
    ],
    "reader": [
        "DELETE FROM passages",
        *(f"SELECT * FROM {table}" for table in ("sessions", "chats", "messages", "replies")),
        "SELECT * FROM reply_passages",
        "SELECT * FROM quotes",
        "SELECT * FROM message_pictures",
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


FUNCTIONS = {
    "app": "asking_session chat_positions chat_title close_reply current_session is_abandoned"
    " list_pictures passage_terms passage_words queue_length reply_content reply_quotes reply_steps"
    " require_session room_taken search_chats search_words split_words",
    "reader": "attempts_after attempts_before_trial claim_document hand_back_documents has_expired"
    " is_reply_awaited lease_length new_lease passage_words reading_attempt_limit",
    "runner": "asking_session attempt_limit attempts_after attempts_before_trial chat_positions"
    " claim_reply close_abandoned close_reply find_trial hand_back has_expired is_abandoned"
    " is_alone is_over is_reply_awaited lease_length list_pictures ms_per_position new_lease"
    " purge_deleted purge_files queue_length reply_content reply_quotes reply_steps room_taken"
    " search_words split_words trial_length",
    "searcher": "asking_session chat_title current_session search_chats search_query search_words"
    " split_words",
    "pg_monitor": "",  # anybody
}


@pytest.mark.parametrize("role", FUNCTIONS)
def test_a_role_calls_no_other_functions_than_it_needs(sql: Sql, role: str) -> None:
    ((allowed,),) = sql(
        "SELECT string_agg(proname, ' ' ORDER BY proname) FROM pg_proc p"
        " WHERE pronamespace = 'public'::regnamespace"
        " AND has_function_privilege(%s, oid, 'EXECUTE')"
        " AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')",
        role,
    )
    assert (allowed or "") == FUNCTIONS[role]


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
    assert dict(tables) == dict.fromkeys(TABLES, True)


def test_the_roles_are_nobody_by_themselves_and_create_nothing(sql: Sql) -> None:
    roles = sql(
        "SELECT rolcanlogin, rolsuper, rolbypassrls, rolcreaterole,"
        " has_schema_privilege(oid, 'public', 'CREATE') FROM pg_roles"
        " WHERE rolname IN ('app', 'reader', 'runner', 'searcher')"
    )
    assert roles == [(False,) * 5] * 4
    granted = sql(
        "SELECT bool_or(set_option), bool_or(inherit_option) FROM pg_auth_members"
        " WHERE roleid::regrole::text IN ('app', 'reader', 'runner', 'searcher')"
        " AND member = 'parley'::regrole"
    )
    assert granted == [(True, False)]
