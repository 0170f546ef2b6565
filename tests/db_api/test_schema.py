"""What the migrations made is what the models, the schemas and the files of sql/ say."""

import re
import shutil
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

from tests.db_api.conftest import Sql, alembic_config
from tests.support.postgres import Postgres


def test_the_models_say_what_the_migrations_made(fresh: Settings) -> None:
    command.upgrade(alembic_config(fresh), "head")
    constraints = text(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'c' AND connamespace = CAST(:schema AS regnamespace)"
    )
    engine = create_engine(fresh.owner_url, poolclass=NullPool)
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
    triggers = sql("SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1")
    assert [name for (name,) in triggers] == defined(r"(?m)^CREATE OR REPLACE TRIGGER (\w+)")
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
    found = inspect(create_engine(settings.owner_url, poolclass=NullPool))
    indexes = [i for table in ("messages", "replies") for i in found.get_indexes(table)]
    columns = {c for i in indexes if i["name"] != "messages_search_idx" for c in i["column_names"]}
    assert columns.isdisjoint({"content", "text", "title", "finished_steps"})
    assert "seq" in columns, "the unique ones are looked at, too"
