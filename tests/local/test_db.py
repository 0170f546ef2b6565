"""db/start and db/init: a PostgreSQL that only its own may enter, made once and made whole."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest
from psycopg2.extensions import connection

from tests.support.postgres import ROOT, Database, Postgres, running_postgres


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


def connect(database: Database, **different: str) -> connection:
    user = different.get("user", database.user)
    password = different.get("password", database.password)
    return psycopg2.connect(
        host=database.host, port=database.port, dbname=database.name, user=user, password=password
    )


def ask(database: Database, sql: str) -> object:
    with contextlib.closing(connect(database)) as connected, connected.cursor() as cursor:
        cursor.execute(sql)
        row = cursor.fetchone()
        return row[0] if row else None


def test_it_is_postgresql_18_with_pgvector(postgres: Postgres) -> None:
    database = postgres.database()
    assert str(ask(database, "SHOW server_version")).startswith("18.")
    assert ask(database, "SELECT '[1,2,3]'::vector <-> '[1,2,4]'") == 1.0


def test_parleys_role_owns_its_database_but_is_no_superuser(postgres: Postgres) -> None:
    rights = postgres.psql(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles"
        " WHERE rolname = 'parley'"
    )
    assert rights == "f|f|t|f"
    owner = "SELECT datdba::regrole FROM pg_database WHERE datname = 'parley'"
    assert postgres.psql(owner) == "parley"


def test_the_password_decides(postgres: Postgres) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        connect(postgres.database(), password="wrong")


def test_the_superuser_is_not_reachable_over_the_network(postgres: Postgres) -> None:
    with pytest.raises(psycopg2.OperationalError):
        connect(postgres.database(), user="postgres", password="")


def test_another_role_may_not_even_connect(postgres: Postgres) -> None:
    postgres.psql("CREATE ROLE stranger LOGIN PASSWORD 'known'")
    for database in (postgres.database(), postgres.create_database()):
        with pytest.raises(psycopg2.OperationalError, match="CONNECT privilege"):
            connect(database, user="stranger", password="known")


def test_order_and_characters_are_the_same_everywhere(postgres: Postgres) -> None:
    locale = "SELECT pg_encoding_to_char(encoding), datlocprovider, datlocale FROM pg_database"
    assert postgres.psql(f"{locale} WHERE datname = 'parley'") == "UTF8|b|C.UTF-8"


def test_what_was_committed_survives_a_kill(tmp_path: Path) -> None:
    with running_postgres(settings={}) as server:
        connected = connect(server.database())
        with connected, connected.cursor() as cursor:
            cursor.execute("CREATE TABLE words (word text); INSERT INTO words VALUES ('kept')")
        server.kill()
        server.start()
        assert ask(server.database(), "SELECT word FROM words") == "kept"
        connected.close()


def test_a_first_run_that_was_cut_off_leaves_nothing_half_made(postgres: Postgres) -> None:
    """Killed at several moments of the first run, the next one makes the database all the same."""
    for moment in (0.05, 0.15, 0.3, 0.45, 0.6):
        server = Postgres(postgres.directory / f"cut-{moment}")
        data = server.directory / "data"
        environment = os.environ | server.environment
        with server.log.open("ab") as log:
            first = subprocess.Popen(
                [ROOT / "db" / "start"], env=environment, stdout=log, stderr=log
            )
            time.sleep(moment)
            first.send_signal(signal.SIGTERM)
            first.wait(20)
        assert data.exists() == (data / "PG_VERSION").exists()
        server.start()
        assert ask(server.database(), "SELECT 1") == 1
        server.stop()


def test_a_missing_password_is_explained(tmp_path: Path, postgres: Postgres) -> None:
    environment = os.environ | postgres.environment
    environment |= {"PGDATA": str(tmp_path / "data"), "DB_PASSWORD_FILE": str(tmp_path / "none")}
    done = subprocess.run(
        [ROOT / "db" / "start"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "make one with secrets/make" in done.stderr
    assert not (tmp_path / "data").exists()
