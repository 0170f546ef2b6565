"""Migrations: from nothing to now, by several copies at once, back and forth."""

import sys
from pathlib import Path

import pytest
from alembic import command
from app.db.logins import prove_logins
from app.settings import Settings
from sqlalchemy import create_engine, inspect
from sqlalchemy.pool import NullPool

from tests.db_api.conftest import OTHER_TABLES, ROOT, TABLES, alembic_config, connect, make_settings
from tests.support.postgres import Postgres, running_postgres
from tests.support.program import Program
from tests.support.waiting import wait_until


def tables(settings: Settings) -> set[str]:
    return set(inspect(create_engine(settings.owner_url, poolclass=NullPool)).get_table_names())


def test_copies_starting_at_once_wait_for_each_other_and_migrate_once(
    postgres: Postgres, fresh: Settings, tmp_path: Path
) -> None:
    environment = postgres.database(fresh.db_name).environment | {"PYTHON": sys.executable}
    waiting = (
        "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
        f" WHERE locktype = 'advisory' AND NOT granted AND datname = '{fresh.db_name}'"
    )
    with connect(postgres, fresh) as other:
        other.cursor().execute("SELECT pg_advisory_xact_lock(7035001)")
        logs = [tmp_path / name for name in "ab"]
        copies = [Program([ROOT / "db-api" / "migrate"], environment, log) for log in logs]
        wait_until(lambda: postgres.psql(waiting) == "2")
        assert tables(fresh) == set()
    assert [copy.wait() for copy in copies] == [0, 0]
    assert sum("Running upgrade  -> 0001" in log.read_text() for log in logs) == 1
    assert tables(fresh) == {"alembic_version", *TABLES, *OTHER_TABLES}


def test_down_and_up_again(fresh: Settings) -> None:
    config = alembic_config(fresh)
    for _ in range(2):
        command.upgrade(config, "head")
        assert tables(fresh) == {"alembic_version", *TABLES, *OTHER_TABLES}
        command.downgrade(config, "base")
        assert tables(fresh) == {"alembic_version"}


def test_going_back_brings_back_nothing_that_was_deleted(
    postgres: Postgres, fresh: Settings
) -> None:
    command.upgrade(alembic_config(fresh), "head")
    postgres.psql(
        "INSERT INTO sessions (expires_at) VALUES (now() + interval '1 day');"
        " INSERT INTO chats (session_id, username, system_prompt, deleted_at, reply_tokens)"
        " SELECT id, 'Ada', '', gone, 9000 FROM sessions, unnest(ARRAY[now(), NULL]) AS gone;"
        " INSERT INTO messages (chat_id, session_id, seq, role, content)"
        " SELECT id, session_id, 1, 'user', 'Hi' FROM chats;"
        " INSERT INTO messages (chat_id, session_id, seq, parent_id, role, content, client_key)"
        " SELECT chat_id, session_id, 2, id, 'assistant', 'Hello', 'key' FROM messages;"
        " INSERT INTO replies (message_id, chat_id, session_id, text, finished_steps, continued,"
        " error, error_size, error_limit) SELECT id, chat_id, session_id, 'two',"
        """ '[{"kind": "text", "text": "one, "}]', true, 'prompt-too-long', 5, 4"""
        " FROM messages WHERE role = 'assistant'",
        fresh.db_name,
    )
    command.downgrade(alembic_config(fresh), "0010")
    kept = (
        "SELECT text, error, prefilled > 0, reply_tokens FROM replies"
        " JOIN chats c ON c.id = chat_id WHERE deleted_at IS NULL"
    )
    assert postgres.psql(kept, fresh.db_name) == "one, two|prompt-too-long 5 4|t|4096"
    command.downgrade(alembic_config(fresh), "0003")
    found = (
        "SELECT count(*), count(client_key), count(DISTINCT chat_id),"
        " (SELECT count(*) FROM pg_class WHERE relforcerowsecurity) FROM messages"
    )
    assert postgres.psql(found, fresh.db_name) == "2|0|1|4"


def test_vectors_of_whole_passages_are_made_anew_of_sentences(
    postgres: Postgres, fresh: Settings
) -> None:
    command.upgrade(alembic_config(fresh), "0019")
    postgres.psql(
        "INSERT INTO sessions (expires_at) VALUES (now() + interval '1 day');"
        " INSERT INTO files (session_id, size, received, stored_at)"
        " SELECT id, 1, 1, now() FROM sessions;"
        " INSERT INTO documents (session_id, file_id, name, kind, state, finished_at, vector_model)"
        " SELECT session_id, id, 'a', 'text', 'complete', now(), 'm' FROM files;"
        " INSERT INTO document_pages SELECT id, session_id, 1, 'A.', 'text' FROM documents;"
        " INSERT INTO passages (document_id, session_id, page, start_offset, end_offset, text,"
        " words) SELECT id, session_id, 1, 0, 2, 'A.', '' FROM documents;"
        " INSERT INTO passage_vectors SELECT id, document_id, session_id, 'm',"
        " array_fill(1, ARRAY[384])::halfvec FROM passages",
        fresh.db_name,
    )
    command.upgrade(alembic_config(fresh), "head")
    left = "SELECT vector_model, (SELECT count(*) FROM passage_vectors) FROM documents"
    assert postgres.psql(left, fresh.db_name) == "|0"


def test_what_was_kept_before_it_was_counted_counts(postgres: Postgres, fresh: Settings) -> None:
    command.upgrade(alembic_config(fresh), "0022")
    postgres.psql(
        "INSERT INTO sessions (expires_at) VALUES (now()), (now()), (now());"
        " INSERT INTO chats (session_id, username, system_prompt)"
        " SELECT s.id, 'Ada', '' FROM (SELECT id FROM sessions LIMIT 2) s, generate_series(1, 2);"
        " INSERT INTO messages (chat_id, session_id, seq, role, content)"
        " SELECT id, session_id, 1, 'assistant', 'Hello' FROM chats LIMIT 1;"
        " INSERT INTO messages (chat_id, session_id, seq, role, content)"
        " SELECT chat_id, session_id, 2, 'user', 'é' FROM messages",
        fresh.db_name,
    )
    command.upgrade(alembic_config(fresh), "head")
    counted = "SELECT bytes FROM session_usage ORDER BY bytes"
    assert postgres.psql(counted, fresh.db_name).split() == ["20000", "30502"]


def test_a_step_back_leaves_nothing_of_quotes_whose_document_is_gone(
    postgres: Postgres, fresh: Settings
) -> None:
    config = alembic_config(fresh)
    command.upgrade(config, "head")
    postgres.psql(
        "INSERT INTO sessions (expires_at) VALUES (now());"
        " INSERT INTO chats (session_id, username, system_prompt)"
        " SELECT id, 'Ada', '' FROM sessions;"
        " INSERT INTO messages (chat_id, session_id, seq, role, content)"
        " SELECT id, session_id, 1, 'assistant', 'Hello' FROM chats;"
        " INSERT INTO quotes (message_id, chat_id, session_id, number, reply_start, reply_end,"
        " page, start_offset, end_offset)"
        " SELECT id, chat_id, session_id, n, 0, 1, page, page - 1, page"
        " FROM messages, (VALUES (1, 1), (2, NULL)) AS q (n, page)",
        fresh.db_name,
    )
    command.downgrade(config, "0024")
    assert postgres.psql("SELECT number FROM quotes", fresh.db_name) == "2"


BECOMES = "SELECT pg_has_role('parley', rolname, 'SET') FROM pg_roles WHERE rolname = 'runner'"


def test_the_owner_becomes_nobody_once_the_logins_are_known_to_work() -> None:
    """Until then an installation from before goes on as it was."""
    with running_postgres() as server:
        settings = make_settings(server, server.database())
        config = alembic_config(settings)
        command.upgrade(config, "0022")
        assert server.psql(BECOMES) == "t"
        server.psql(
            "CREATE ROLE parley_reader CONNECTION LIMIT 0;"
            " GRANT parley_reader TO parley WITH ADMIN TRUE"
        )
        with pytest.raises(SystemExit, match=r"parley_reader can't enter: .*too many connections"):
            command.upgrade(config, "head")
        assert server.psql(BECOMES) == "t"
        server.psql("ALTER ROLE parley_reader CONNECTION LIMIT -1; GRANT runner TO parley_reader")
        with pytest.raises(SystemExit, match="parley_reader may become reader, runner"):
            command.upgrade(config, "head")
        assert server.psql(BECOMES) == "t"
        assert server.psql("SELECT version_num FROM alembic_version", "parley") == "0022"
        server.psql("REVOKE runner FROM parley_reader")
        for _ in range(2):
            command.upgrade(config, "head")
            assert server.psql(BECOMES) == "f"
        other = settings.db_logins_dir / "app"
        other.chmod(0o600)
        other.write_text("a new one")
        with pytest.raises(SystemExit, match="parley_app can't enter"):
            prove_logins(settings)
        command.upgrade(config, "head")  # tells PostgreSQL
        server.psql("REVOKE reader FROM parley_reader GRANTED BY parley")
        with pytest.raises(SystemExit, match="parley_reader may become nobody"):
            prove_logins(settings)
        command.downgrade(config, "0022")
        assert server.psql(BECOMES) == "t"


def test_migrate_says_in_a_line_that_there_is_no_database(
    postgres: Postgres, tmp_path: Path
) -> None:
    nowhere = postgres.database().environment | {"DB_PORT": "1", "PYTHON": sys.executable}
    copy = Program([ROOT / "db-api" / "migrate"], nowhere, tmp_path / "log")
    assert copy.wait() == 1
    (line,) = copy.log.read_text().splitlines()
    assert 'at "127.0.0.1", port 1 failed' in line
