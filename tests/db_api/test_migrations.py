"""Migrations: from nothing to now, by several copies at once, back and forth, and as modelled."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from app.health import find_head
from app.models import Base
from app.settings import Settings
from sqlalchemy import create_engine, inspect, text

from tests.db_api.conftest import ROOT, alembic_config, make_settings
from tests.support.postgres import Database, Postgres


@pytest.fixture
def empty(postgres: Postgres) -> Iterator[Database]:
    database = postgres.create_database()
    yield database
    postgres.drop_database(database)


@pytest.fixture
def fresh(postgres: Postgres, empty: Database) -> Settings:
    """Settings for an empty database."""
    return make_settings(postgres, empty)


def tables(settings: Settings) -> set[str]:
    engine = create_engine(settings.database_url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def test_copies_starting_at_once_migrate_once(empty: Database, fresh: Settings) -> None:
    environment = os.environ | empty.environment | {"PYTHON": sys.executable}
    copies = [
        subprocess.Popen(
            [ROOT / "db-api" / "migrate"], env=environment, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    logs = [copy.communicate(timeout=60)[1] for copy in copies]
    assert [copy.returncode for copy in copies] == [0, 0], logs
    assert sum("Running upgrade  -> 0001" in log for log in logs) == 1
    assert tables(fresh) == {"alembic_version", "sessions", "chats", "messages", "replies"}


def test_a_copy_waits_while_another_migrates(
    postgres: Postgres, empty: Database, fresh: Settings
) -> None:
    environment = os.environ | empty.environment | {"PYTHON": sys.executable}
    waiting = (
        "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
        f" WHERE locktype = 'advisory' AND NOT granted AND datname = '{empty.name}'"
    )
    engine = create_engine(fresh.database_url)
    with engine.begin() as other:
        other.execute(text("SELECT pg_advisory_xact_lock(7035001)"))
        copy = subprocess.Popen(
            [ROOT / "db-api" / "migrate"], env=environment, stderr=subprocess.DEVNULL
        )
        while postgres.psql(waiting) != "1":
            assert copy.poll() is None, "it did not wait"
            time.sleep(0.05)
        assert tables(fresh) == set()
    engine.dispose()
    assert copy.wait(30) == 0
    assert "chats" in tables(fresh)


def test_down_and_up_again(fresh: Settings) -> None:
    config = alembic_config(fresh)
    for _ in range(2):
        command.upgrade(config, "head")
        command.downgrade(config, "base")
        assert tables(fresh) == {"alembic_version"}
    command.upgrade(config, "head")


def test_what_was_written_before_keeps_its_numbers_and_is_found(
    postgres: Postgres, empty: Database, fresh: Settings
) -> None:
    """Row security binds the migrations, too: unlifted, it would hide every row from them."""
    config = alembic_config(fresh)
    command.upgrade(config, "0003")
    postgres.psql(
        "INSERT INTO sessions (expires_at) VALUES (now() + interval '1 day');"
        " INSERT INTO chats (session_id, username, system_prompt, title)"
        " SELECT id, 'Ada', '', title FROM sessions, unnest(ARRAY['rivers', 'empty']) AS title;"
        " INSERT INTO messages (chat_id, session_id, seq, role, content)"
        " SELECT id, session_id, n, 'user', 'the river ' || n FROM chats,"
        " generate_series(1, 7) AS n WHERE title = 'rivers'",
        empty.name,
    )
    command.upgrade(config, "head")
    found = postgres.psql("SELECT title, last_seq FROM chats ORDER BY title", empty.name)
    assert found.splitlines() == ["empty|0", "rivers|7"]
    search = (
        "SET app.session_id = '{}'; SET ROLE app; SELECT count(*) FROM search_chats('river', 0, 50)"
    )
    session = postgres.psql("SELECT id FROM sessions", empty.name)
    assert postgres.psql(search.format(session), empty.name) == "8"


def test_going_back_brings_back_nothing_that_was_deleted(
    postgres: Postgres, empty: Database, fresh: Settings
) -> None:
    config = alembic_config(fresh)
    command.upgrade(config, "head")
    postgres.psql(
        "INSERT INTO sessions (expires_at) VALUES (now() + interval '1 day');"
        " INSERT INTO chats (session_id, username, system_prompt, deleted_at)"
        " SELECT id, 'Ada', '', gone FROM sessions, unnest(ARRAY[now(), NULL]) AS gone;"
        " INSERT INTO messages (chat_id, session_id, seq, role, content)"
        " SELECT id, session_id, 1, 'user', 'Hi' FROM chats;"
        " INSERT INTO messages (chat_id, session_id, seq, parent_id, role, content, client_key)"
        " SELECT chat_id, session_id, 2, id, 'assistant', 'Hello', 'key' FROM messages",
        empty.name,
    )
    command.downgrade(config, "0003")
    found = postgres.psql("SELECT count(*), count(client_key) FROM messages", empty.name)
    assert found == "2|0"
    assert postgres.psql("SELECT count(*) FROM chats", empty.name) == "1"
    forced = "SELECT count(*) FROM pg_class WHERE relforcerowsecurity"
    assert postgres.psql(forced, empty.name) == "4"


def test_the_models_say_what_the_migrations_made(settings: Settings) -> None:
    engine = create_engine(settings.database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_readiness_waits_for_the_newest_migration(settings: Settings) -> None:
    heads = ScriptDirectory.from_config(alembic_config(settings)).get_heads()
    assert heads == [find_head()]


def test_message_content_is_in_no_index_but_by_its_words(settings: Settings) -> None:
    engine = create_engine(settings.database_url)
    indexes = inspect(engine).get_indexes("messages") + inspect(engine).get_indexes("replies")
    engine.dispose()
    indexes = [index for index in indexes if index["name"] != "messages_search_idx"]
    indexed = {column for index in indexes for column in index["column_names"]}
    assert indexed.isdisjoint({"content", "text", "title"})
    assert "seq" in indexed, "the unique ones are looked at, too"


def test_migrate_says_in_a_line_that_there_is_no_database(postgres: Postgres) -> None:
    environment = os.environ | postgres.database().environment
    environment |= {"PYTHON": sys.executable, "DB_PORT": "1"}
    done = subprocess.run(
        [ROOT / "db-api" / "migrate"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    (line,) = done.stderr.splitlines()
    assert 'at "127.0.0.1", port 1 failed' in line
