"""Migrations: from nothing to now, by several copies at once, back and forth, and as modelled."""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from app.db import replaceable
from app.models import Base
from app.replies.schemas import ErrorKind, FinalState, Phase, State
from app.settings import Settings
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.pool import NullPool

from tests.db_api.conftest import ROOT, TABLES, Sql, alembic_config, connect, new_database
from tests.support.postgres import Postgres
from tests.support.program import Program
from tests.support.waiting import wait_until


@pytest.fixture
def fresh(postgres: Postgres) -> Iterator[Settings]:
    """Settings for an empty database."""
    with new_database(postgres, revision=None) as settings:
        yield settings


def tables(settings: Settings) -> set[str]:
    return set(inspect(create_engine(settings.database_url, poolclass=NullPool)).get_table_names())


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
    assert tables(fresh) == {"alembic_version", *TABLES}


def test_down_and_up_again(fresh: Settings) -> None:
    config = alembic_config(fresh)
    for _ in range(2):
        command.upgrade(config, "head")
        assert tables(fresh) == {"alembic_version", *TABLES}
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


def test_the_models_say_what_the_migrations_made(fresh: Settings) -> None:
    command.upgrade(alembic_config(fresh), "head")
    constraints = text(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'c' AND connamespace = CAST(:schema AS regnamespace)"
    )
    engine = create_engine(fresh.database_url, poolclass=NullPool)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, Base.metadata) == []
        # Alembic does not compare checks. So the models' own tables are made, in another schema.
        connection.execute(text("CREATE SCHEMA modelled"))
        modelled = connection.execution_options(schema_translate_map={None: "modelled"})
        Base.metadata.create_all(modelled)
        made, said = (
            {tuple(row) for row in connection.execute(constraints, {"schema": schema})}
            for schema in ("public", "modelled")
        )
    assert made == said
    assert len(made) > 10


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("state", get_args(State)),
        ("state", (*get_args(FinalState), "queued", "running")),
        ("phase", get_args(Phase)),
        ("error", (*get_args(ErrorKind), "unknown")),
    ],
)
def test_a_closed_set_is_the_same_in_the_table_and_the_schema(
    sql: Sql, name: str, allowed: tuple[str, ...]
) -> None:
    checked = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s"
    ((definition,),) = sql(checked, f"replies_{name}_check")
    assert set(re.findall(r"'([\w-]+)'::", definition)) == set(allowed)


def defined(pattern: str) -> list[Any]:
    """What the files of sql/ make, by the names in their statements."""
    files = sorted(replaceable.FOLDER.rglob("*.sql"))
    return sorted(found for file in files for found in re.findall(pattern, file.read_text()))


def test_functions_views_and_policies_are_those_of_the_files_and_no_others(sql: Sql) -> None:
    functions = sql(
        "SELECT proname::text FROM pg_proc p WHERE pronamespace = 'public'::regnamespace"
        " AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')"
    )
    views = sql("SELECT viewname::text FROM pg_views WHERE schemaname = 'public'")
    policies = sql("SELECT policyname::text, tablename::text FROM pg_policies")
    assert sorted(name for (name,) in functions) == defined(
        r"(?m)^CREATE OR REPLACE FUNCTION (\w+)"
    )
    assert [name for (name,) in views] == defined(r"(?m)^CREATE OR REPLACE VIEW (\w+)")
    assert sorted(policies) == defined(r"(?m)^CREATE POLICY (\w+) ON (\w+)")
    files = {str(p.relative_to(replaceable.FOLDER)) for p in replaceable.FOLDER.rglob("*.sql")}
    assert files == {f"{name}.sql" for name in replaceable.ORDER}


def test_a_changed_file_is_put_in_place_by_the_next_migration_and_nothing_else_stays(
    postgres: Postgres, fresh: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command.upgrade(alembic_config(fresh), "head")
    look = (
        "SELECT lease_length(), (SELECT count(*) FROM pg_policies WHERE policyname <> 'old'),"
        " (SELECT count(*) FROM pg_policies WHERE policyname = 'old'), to_regproc('old'),"
        " to_regclass('old_view'), has_table_privilege('app', 'replies', 'DELETE')"
    )
    policies = len(defined(r"(?m)^CREATE POLICY (\w+)"))
    postgres.psql(
        "SET ROLE parley; CREATE FUNCTION old() RETURNS integer LANGUAGE sql RETURN 1;"
        " CREATE VIEW old_view AS SELECT old(); CREATE POLICY old ON replies USING (true);"
        " GRANT DELETE ON replies TO app",
        fresh.db_name,
    )
    assert postgres.psql(look, fresh.db_name) == f"00:00:04|{policies}|1|old|old_view|t"
    changed = shutil.copytree(replaceable.FOLDER, tmp_path / "sql") / "jobs" / "lease_length.sql"
    changed.write_text(changed.read_text().replace("4 seconds", "11 seconds"))
    monkeypatch.setattr(replaceable, "FOLDER", tmp_path / "sql")
    made = []
    for _ in range(2):
        command.upgrade(alembic_config(fresh), "head")
        assert postgres.psql(look, fresh.db_name) == f"00:00:11|{policies}|0|||f"
        made.append(postgres.psql("SELECT max(oid) FROM pg_policy", fresh.db_name))
    assert made[0] == made[1], "what is in place stays"


def test_message_content_is_in_no_index_but_by_its_words(settings: Settings) -> None:
    found = inspect(create_engine(settings.database_url, poolclass=NullPool))
    indexes = [i for table in ("messages", "replies") for i in found.get_indexes(table)]
    columns = {c for i in indexes if i["name"] != "messages_search_idx" for c in i["column_names"]}
    assert columns.isdisjoint({"content", "text", "title", "finished_steps"})
    assert "seq" in columns, "the unique ones are looked at, too"


def test_migrate_says_in_a_line_that_there_is_no_database(
    postgres: Postgres, tmp_path: Path
) -> None:
    nowhere = postgres.database().environment | {"DB_PORT": "1", "PYTHON": sys.executable}
    copy = Program([ROOT / "db-api" / "migrate"], nowhere, tmp_path / "log")
    assert copy.wait() == 1
    (line,) = copy.log.read_text().splitlines()
    assert 'at "127.0.0.1", port 1 failed' in line
