"""One PostgreSQL, migrated by Alembic, and db-api served for real, for all of these tests.

Each test begins with empty tables. A test that needs other settings serves a copy of its own.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg2
import pytest
from alembic import command
from alembic.config import Config
from fastapi import FastAPI

from tests.db_api.api import Api, Person
from tests.db_api.worker import Worker
from tests.support.postgres import LONG_LEASES, Database, Postgres, postgres
from tests.support.serve import serve

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "db-api"))

from app.db.transactions import Database as Connections  # noqa: E402  as the line above allows
from app.main import create_app  # noqa: E402
from app.settings import Settings  # noqa: E402

__all__ = ["postgres"]

TABLES = (
    *("sessions", "chats", "messages", "replies"),
    *("files", "file_blocks", "documents", "chat_documents", "document_pages", "passages"),
    *("passage_vectors", "reply_passages", "quotes", "message_pictures", "session_usage"),
    "tokens",
)
# These are no session's.
OTHER_TABLES = ("addresses",)

Sql = Callable[..., list[tuple[Any, ...]]]
ServeCopy = Callable[..., contextlib.AbstractContextManager[Api]]
TakeOver = Callable[..., Any]


def alembic_config(settings: Settings) -> Config:
    """Alembic as db-api/migrate runs it, on the given database."""
    config = Config(ROOT / "db-api" / "alembic.ini")
    config.attributes["settings"] = settings
    return config


def make_settings(postgres: Postgres, database: Database, **changes: Any) -> Settings:
    values: dict[str, Any] = {
        "db_host": database.host,
        "db_port": database.port,
        "db_name": database.name,
        "db_user": database.user,
        "db_password_file": database.password_file,
        "db_logins_dir": database.logins_dir,
        "db_api_token_file": postgres.directory / "secrets" / "db-api" / "token",
        "doc_worker_token_file": postgres.directory / "secrets" / "doc-worker" / "token",
        "lm_slots": 4,
        "queue_limit": 100_000,
        "limits": "off",
    }
    return Settings(**(values | changes))


@contextlib.contextmanager
def serve_api(settings: Settings, port: int = 0) -> Iterator[tuple[Api, FastAPI]]:
    """db-api over real HTTP, with a client that knows the token."""
    app = create_app(settings)
    headers = {"Authorization": f"Bearer {settings.service_token}"}
    limits = httpx.Limits(max_connections=40)
    with (
        serve(app, port) as url,
        httpx.Client(base_url=url, headers=headers, timeout=60, limits=limits) as client,
    ):
        yield Api(client), app


@contextlib.contextmanager
def new_database(postgres: Postgres, revision: str | None = "head") -> Iterator[Settings]:
    """Settings for a database of its own, migrated up to this revision, gone afterwards."""
    database = postgres.create_database()
    settings = make_settings(postgres, database)
    if revision:
        command.upgrade(alembic_config(settings), revision)
    yield settings
    postgres.drop_database(database)


@pytest.fixture(scope="session")
def settings(postgres: Postgres) -> Iterator[Settings]:
    """Of the database that all of these tests share, migrated."""
    with new_database(postgres) as shared:
        postgres.psql(LONG_LEASES, shared.db_name)
        yield shared


@pytest.fixture(scope="session")
def served(settings: Settings) -> Iterator[tuple[Api, FastAPI]]:
    with serve_api(settings) as both:
        yield both


@pytest.fixture
def app(served: tuple[Api, FastAPI]) -> FastAPI:
    return served[1]


@contextlib.contextmanager
def connect(postgres: Postgres, settings: Settings) -> Iterator["psycopg2.extensions.connection"]:
    """As PostgreSQL's superuser, by the socket."""
    connection = psycopg2.connect(
        host=str(postgres.directory / "socket"),
        port=postgres.port,
        user="postgres",
        dbname=settings.db_name,
    )
    with contextlib.closing(connection):
        yield connection


def run_sql(
    connection: "psycopg2.extensions.connection", sql: str, *values: Any
) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="session")
def superuser(postgres: Postgres, settings: Settings) -> Iterator[Sql]:
    """Runs SQL past all policies, to look behind the scenes and to let time pass."""
    with connect(postgres, settings) as connection:
        connection.autocommit = True
        yield partial(run_sql, connection)


@pytest.fixture
def sql(superuser: Sql) -> Sql:
    """The superuser's SQL, on tables that are empty."""
    superuser("DELETE FROM sessions")  # and all that hangs on them; faster than TRUNCATE here
    superuser("DELETE FROM addresses")
    return superuser


@pytest.fixture
def hold(postgres: Postgres, settings: Settings, sql: Sql) -> Iterator[Callable[..., None]]:
    """Runs a statement in a transaction that stays open until the test ends."""
    with connect(postgres, settings) as connection:
        yield lambda statement, *values: connection.cursor().execute(statement, values)


@pytest.fixture
def database(settings: Settings) -> Iterator[Connections]:
    """db-api's own way to the database, with a pool of its own."""
    connections = Connections(settings)
    yield connections
    connections.close()


@pytest.fixture
def api(served: tuple[Api, FastAPI], sql: Sql) -> Api:
    """db-api with nothing in it."""
    return served[0]


@pytest.fixture
def ada(api: Api) -> Person:
    return api.person("Ada")


@pytest.fixture
def bob(api: Api) -> Person:
    return api.person("Bob")


@pytest.fixture
def chat(ada: Person) -> str:
    """An empty chat of Ada's."""
    return ada.chat()


@pytest.fixture
def running(ada: Person, chat: str) -> str:
    """The reply to a first message in that chat, held by the worker w."""
    return ada.send(chat, worker="w")


@pytest.fixture
def serve_copy(settings: Settings, sql: Sql) -> ServeCopy:
    """Another copy of db-api on the same database, with other settings if wanted."""

    @contextlib.contextmanager
    def serve_one(**changes: Any) -> Iterator[Api]:
        with serve_api(settings.model_copy(update=changes)) as (copy, _):
            yield copy

    return serve_one


@pytest.fixture
def reader(api: Api, settings: Settings) -> Iterator[httpx.Client]:
    """A client with doc-worker's token instead of the services'."""
    headers = {"Authorization": f"Bearer {settings.doc_worker_token}"}
    with httpx.Client(base_url=api.http.base_url, headers=headers, timeout=60) as client:
        yield client


@pytest.fixture
def worker(reader: httpx.Client) -> Worker:
    return Worker(reader)


@pytest.fixture
def take_over(api: Api, sql: Sql) -> TakeOver:
    """``take_over(reply)``: its lease runs out, and another worker claims what comes first; its
    claim."""

    def run_out_and_claim(reply: str, worker: str = "w") -> Any:
        sql(
            "UPDATE replies SET worker = CASE worker WHEN %s THEN 'silent' ELSE worker END,"
            " lease_until = clock_timestamp() - interval '1 s' WHERE message_id = %s",
            worker,
            reply,
        )
        return api.claim(worker)

    return run_out_and_claim


@pytest.fixture
def fresh(postgres: Postgres) -> Iterator[Settings]:
    """Settings for an empty database."""
    with new_database(postgres, revision=None) as settings:
        yield settings
