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


def test_message_content_is_in_no_index(settings: Settings) -> None:
    engine = create_engine(settings.database_url)
    indexes = inspect(engine).get_indexes("messages") + inspect(engine).get_indexes("replies")
    engine.dispose()
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
