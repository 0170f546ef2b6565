"""db/start and db/init: a PostgreSQL that only its own may enter, made once and made whole."""

import os
import re
import subprocess
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection

from local.stack import ROOT
from tests.support.postgres import Database, Postgres, postgres, running_postgres
from tests.support.program import Program
from tests.support.waiting import wait_until

__all__ = ["postgres"]


def connect(database: Database, user: str = "", password: str = "") -> connection:
    return psycopg2.connect(
        host=database.host,
        port=database.port,
        dbname=database.name,
        user=user or database.user,
        password=password or database.password,
    )


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("SELECT current_setting('server_version_num')::int / 10000", "18"),
        ("SELECT '[1,2,3]'::vector <-> '[1,2,4]'", "1"),
        # Parley's role owns its database but is no superuser.
        (
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
            " WHERE rolname = 'parley'",
            "f|f|t|f",
        ),
        ("SELECT datdba::regrole FROM pg_database WHERE datname = 'parley'", "parley"),
        # Order and characters are the same on every machine.
        (
            "SELECT pg_encoding_to_char(encoding), datlocprovider, datlocale FROM pg_database"
            " WHERE datname = 'parley'",
            "UTF8|b|C.UTF-8",
        ),
    ],
)
def test_the_database_is_made_as_promised(postgres: Postgres, question: str, answer: str) -> None:
    assert postgres.psql(question, "parley") == answer


@pytest.mark.parametrize(
    ("user", "password", "reason"),
    [
        ("parley", "wrong", "password authentication failed"),
        ("postgres", "any", "password authentication failed"),  # the superuser has none
        ("stranger", "known", "CONNECT privilege"),
    ],
)
def test_over_the_network_only_parleys_role_may_enter(
    postgres: Postgres, user: str, password: str, reason: str
) -> None:
    postgres.psql("DROP ROLE IF EXISTS stranger; CREATE ROLE stranger LOGIN PASSWORD 'known'")
    for database in (postgres.database(), postgres.create_database()):
        with pytest.raises(psycopg2.OperationalError, match=reason):
            connect(database, user, password)


@pytest.mark.parametrize(
    "failing",
    [
        "INSERT INTO said VALUES (1, 'a secret')",
        "INSERT INTO said VALUES (2, 'a secret of more than twenty letters')",
        "INSERT INTO said VALUES (NULL, 'a secret')",
        "SELECT pg_terminate_backend(pg_backend_pid()), 'a secret'",
        "SELECT set_config('statement_timeout', '1', false), 'a secret'; SELECT pg_sleep(1)",
    ],
)
def test_what_people_write_is_in_no_log(postgres: Postgres, failing: str) -> None:
    made = "SELECT 'already there' WHERE to_regclass('said') IS NOT NULL"
    if not postgres.psql(made, "parley"):
        columns = "key integer PRIMARY KEY, words text CHECK (length(words) < 20)"
        owned = f"CREATE TABLE said ({columns}); ALTER TABLE said OWNER TO parley"
        postgres.psql(f"{owned}; INSERT INTO said VALUES (1, 'a secret')", "parley")
    before = len(postgres.log.read_text())
    with pytest.raises(psycopg2.Error), connect(postgres.database()) as login:
        login.cursor().execute(failing)
    new = wait_until(lambda: postgres.log.read_text()[before:])
    assert re.search("ERROR|FATAL", new)
    assert "secret" not in new


def test_what_others_do_at_the_moment_is_not_shown(postgres: Postgres) -> None:
    database = postgres.database()
    with closing(connect(database)) as one, closing(connect(database)) as other:
        one.cursor().execute("SELECT 'a secret'")
        looking = other.cursor()
        looking.execute("SELECT count(*), string_agg(query, '') FROM pg_stat_activity")
        count, seen = looking.fetchone() or (0, "")
    assert count > 1
    assert "secret" not in (seen or "")


def test_what_was_committed_survives_a_kill() -> None:
    with running_postgres(settings={}) as server:
        server.psql("CREATE TABLE words (word text); INSERT INTO words VALUES ('kept')", "parley")
        server.kill()
        server.start()
        assert server.psql("SELECT word FROM words", "parley") == "kept"


def test_a_first_run_that_was_cut_off_leaves_nothing_half_made(postgres: Postgres) -> None:
    """Ended at several moments of the first run, the next one makes the database all the same."""
    server = Postgres(postgres.directory / "cut")
    data = server.directory / "data"
    for moment in ("", "/PG_VERSION", "/postmaster.pid", "/.s.PGSQL.*"):
        first = Program([ROOT / "db" / "start"], server.environment, server.log)
        is_there = f"data.new.*{moment}"
        first.wait_until(lambda p=is_there: [*server.directory.glob(p)] or data.exists())  # type: ignore[misc]
        first.end()
        assert data.exists() == (data / "PG_VERSION").exists()
    server.start()
    connect(server.database()).close()
    server.stop()


def test_a_missing_password_is_explained(tmp_path: Path, postgres: Postgres) -> None:
    own = {"PGDATA": str(tmp_path / "data"), "DB_PASSWORD_FILE": str(tmp_path / "none")}
    done = subprocess.run(
        [ROOT / "db" / "start"],
        env=os.environ | postgres.environment | own,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "make one with secrets/make" in done.stderr
    assert not (tmp_path / "data").exists()
