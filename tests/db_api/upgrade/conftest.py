"""A database for each earlier revision: filled with rows of that time, then upgraded."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from alembic import command
from app.main import create_app
from app.settings import Settings
from psycopg2.extras import RealDictCursor

from local.ports import free_port
from tests.db_api.api import Api
from tests.db_api.conftest import ROOT, alembic_config, connect, make_settings
from tests.db_api.upgrade.exports import SLOTS, chat_ui_settings, start_service
from tests.db_api.upgrade.rows import REVISIONS, insert_rows
from tests.support.postgres import Database, Postgres
from tests.support.serve import serve

TABLES = {"sessions": "id", "chats": "id", "messages": "id", "replies": "message_id"}

Rows = dict[str, dict[str, dict[str, Any]]]
"""Of each table, by their id."""

ReadRows = Callable[[], Rows]


@dataclass
class Upgraded:
    """What a revision's rows were, what they are now, and the database that holds them."""

    revision: str
    before: Rows
    after: Rows
    database: Database


def read_rows(connection: Any) -> Rows:
    with connection, connection.cursor(cursor_factory=RealDictCursor) as cursor:
        rows: Rows = {}
        for table, key in TABLES.items():
            cursor.execute(f"SELECT * FROM {table}")
            rows[table] = {row[key]: dict(row) for row in cursor.fetchall()}
        return rows


@pytest.fixture(scope="module", params=REVISIONS)
def upgraded(postgres: Postgres, request: pytest.FixtureRequest) -> Iterator[Upgraded]:
    database = postgres.create_database()
    settings = make_settings(postgres, database)
    config = alembic_config(settings)
    command.upgrade(config, request.param)
    with closing(connect(postgres, settings)) as connection:
        insert_rows(connection.cursor(), request.param)
        before = read_rows(connection)
    command.upgrade(config, "head")
    with closing(connect(postgres, settings)) as connection:
        after = read_rows(connection)
    yield Upgraded(request.param, before, after, database)
    postgres.drop_database(database)


@pytest.fixture
def copy_settings(postgres: Postgres, upgraded: Upgraded) -> Iterator[Settings]:
    """Of a copy of the upgraded database, so that a test may change what is in it."""
    copy = postgres.create_database(upgraded.database.name)
    yield make_settings(postgres, copy, lm_slots=SLOTS)
    postgres.drop_database(copy)


@pytest.fixture(scope="session")
def db_port() -> int:
    """Where db-api is served, for whichever database."""
    return free_port()


@pytest.fixture
def db_api(copy_settings: Settings, db_port: int) -> Iterator[Api]:
    """db-api on that copy."""
    headers = {"Authorization": f"Bearer {copy_settings.service_token}"}
    with (
        serve(create_app(copy_settings), db_port) as url,
        httpx.Client(base_url=url, headers=headers, timeout=60) as client,
    ):
        yield Api(client)


@pytest.fixture
def copy_rows(postgres: Postgres, copy_settings: Settings) -> ReadRows:
    """Reads the rows of that copy."""

    def read() -> Rows:
        with closing(connect(postgres, copy_settings)) as connection:
            return read_rows(connection)

    return read


@pytest.fixture(scope="session")
def chat_ui(postgres: Postgres, db_port: int) -> Iterator[str]:
    """One chat-ui for all of them: it shows what db-api tells at the moment."""
    settings = chat_ui_settings(postgres.directory / "secrets", f"http://127.0.0.1:{db_port}")
    with start_service(ROOT / "chat-ui", settings) as url:
        yield url
