"""A real PostgreSQL 18 for tests: started through `db/start`, gone afterwards.

One server per test session is enough, since each test module (or test) can have a database of
its own: `postgres.create_database()` takes some 20 ms. Use the fixture by importing it into a
conftest.py: `from tests.support.postgres import postgres`.
"""

import contextlib
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.ports import free_port
from local.postgres import postgres_bin
from local.stack import ROOT
from tests.support.program import Program

# Nothing here needs to survive a power cut.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
# For a migrated database: a lease lasts longer than any test, which may be slow. To a connection
# that has planned with the shorter length, one would have run out.
LONG_LEASES = """
CREATE OR REPLACE FUNCTION lease_length() RETURNS interval LANGUAGE sql IMMUTABLE
RETURN interval '10 minutes'
"""
PSQL = [
    "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1",
    "--username", "postgres",
]  # fmt: skip


@dataclass(frozen=True)
class Database:
    """How to reach one database, the way db-api does."""

    host: str
    port: int
    name: str
    user: str
    password_file: Path

    @property
    def password(self) -> str:
        return self.password_file.read_text().strip()

    @property
    def logins_dir(self) -> Path:
        """The passwords of db-api's own logins."""
        return self.password_file.parents[1] / "db-logins"

    @property
    def environment(self) -> dict[str, str]:
        """The settings that db-api and the migrations read."""
        return {
            "DB_HOST": self.host,
            "DB_PORT": str(self.port),
            "DB_NAME": self.name,
            "DB_USER": self.user,
            "DB_PASSWORD_FILE": str(self.password_file),
            "DB_LOGINS_DIR": str(self.logins_dir),
        }


class Postgres:
    """A server in a directory of its own, on a port of its own. `start()` again after `kill()`."""

    def __init__(self, directory: Path, settings: Mapping[str, str] = FAST) -> None:
        directory.mkdir(exist_ok=True)
        self.directory = directory
        self.port = free_port()
        self.log = directory / "log"
        self._settings = settings
        self._bin = postgres_bin()
        self._program: Program | None = None
        subprocess.run([ROOT / "secrets" / "make", directory / "secrets"], check=True)

    @property
    def environment(self) -> dict[str, str]:
        """What db/start is given."""
        return {
            "PG_BIN": str(self._bin),
            "PGDATA": str(self.directory / "data"),
            "DB_PORT": str(self.port),
            "DB_SOCKET_DIR": str(self.directory / "socket"),
            "DB_PASSWORD_FILE": str(self.directory / "secrets" / "db" / "password"),
        }

    def start(self, timeout: float = 60) -> None:
        """Returns when it answers; raises with its log when it doesn't."""
        arguments = [a for k, v in self._settings.items() for a in ("-c", f"{k}={v}")]
        self._program = Program([ROOT / "db" / "start", *arguments], self.environment, self.log)
        self._program.wait_until(self.is_ready, timeout)

    def is_ready(self) -> bool:
        """Whether it answers."""
        command = [str(self._bin / "pg_isready"), "--quiet", "--host", "127.0.0.1"]
        return not subprocess.run([*command, "--port", str(self.port)], check=False).returncode

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """A clean, fast shutdown."""
        if self._program:
            self._program.end(how)

    def kill(self) -> None:
        """What a crash looks like."""
        self.stop(signal.SIGKILL)

    def psql(self, sql: str, database: str = "postgres") -> str:
        """Runs `sql` as the superuser, whom no service knows; the rows as text, `|` between."""
        where = ["--host", str(self.directory / "socket"), "--port", str(self.port)]
        command = [str(self._bin / "psql"), *PSQL, *where, "--dbname", database]
        done = subprocess.run(command, input=sql, text=True, capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()

    def database(self, name: str = "parley") -> Database:
        """The one that `db/init` made, which is empty until somebody migrates it."""
        return Database(
            "127.0.0.1", self.port, name, "parley", Path(self.environment["DB_PASSWORD_FILE"])
        )

    def create_database(self, template: str = "parley") -> Database:
        """A new one, owned by parley: empty, or a copy of `template` (which nobody may be using).

        Migrate one database and name it as the template, and each copy is migrated, too.
        """
        name = f"test_{uuid.uuid4().hex[:12]}"
        self.psql(f"CREATE DATABASE {name} TEMPLATE {template} OWNER parley STRATEGY FILE_COPY")
        self.psql(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
        if template != "parley":  # who may connect is no part of a template
            self.psql(
                f"GRANT CONNECT ON DATABASE {name} TO parley_app, parley_runner, parley_reader"
            )
        return self.database(name)

    def drop_database(self, database: Database) -> None:
        """Whoever is still connected is disconnected."""
        self.psql(f"DROP DATABASE IF EXISTS {database.name} WITH (FORCE)")


@contextlib.contextmanager
def running_postgres(settings: Mapping[str, str] = FAST) -> Iterator[Postgres]:
    """A started server in a temporary directory; both are gone afterwards."""
    directory = Path(tempfile.mkdtemp(prefix="parley-pg-"))  # short: it holds a socket
    directory.chmod(0o711)  # started by root, PostgreSQL runs as somebody else and must pass
    server = Postgres(directory, settings)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(directory)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for the whole session."""
    with running_postgres() as server:
        yield server
