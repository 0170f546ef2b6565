"""A database for each earlier revision: filled with rows of that time, upgraded, and served."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from alembic import command
from app.settings import Settings
from psycopg2.extras import RealDictCursor

from local.ports import free_port
from tests.db_api.api import Api
from tests.db_api.conftest import (
    ROOT,
    alembic_config,
    connect,
    new_database,
    serve_api,
)
from tests.db_api.upgrade.exports import SLOTS, chat_ui_settings, start_service
from tests.db_api.upgrade.rows import REVISIONS, insert_rows
from tests.support.postgres import Postgres

# The tables that these revisions had.
TABLES = ("sessions", "chats", "messages", "replies")

Rows = dict[str, dict[str, dict[str, Any]]]
"""Of each table, by their id."""


@dataclass
class Upgraded:
    """What a revision's rows were, what they are now, and the database that holds them."""

    revision: str
    before: Rows
    after: Rows
    settings: Settings


def read_rows(connection: Any) -> Rows:
    rows: Rows = {}
    with connection, connection.cursor(cursor_factory=RealDictCursor) as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT * FROM {table}")
            rows[table] = {row.get("message_id") or row["id"]: dict(row) for row in cursor}
    return rows


@pytest.fixture(scope="module", params=REVISIONS)
def upgraded(postgres: Postgres, request: pytest.FixtureRequest) -> Iterator[Upgraded]:
    with new_database(postgres, request.param) as settings:
        with connect(postgres, settings) as connection:
            insert_rows(connection.cursor(), request.param)
            before = read_rows(connection)
        command.upgrade(alembic_config(settings), "head")
        with connect(postgres, settings) as connection:
            after = read_rows(connection)
        yield Upgraded(request.param, before, after, settings)


@pytest.fixture(scope="module")
def db_port() -> int:
    """Where db-api is served, for whichever database."""
    return free_port()


@pytest.fixture(scope="module")
def db_api(upgraded: Upgraded, db_port: int) -> Iterator[Api]:
    """db-api on the upgraded database."""
    with serve_api(upgraded.settings.model_copy(update={"lm_slots": SLOTS}), db_port) as (api, _):
        yield api


@pytest.fixture(scope="module")
def chat_ui(
    postgres: Postgres, db_port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """One chat-ui for all of them: it shows what db-api tells at the moment."""
    settings = chat_ui_settings(postgres.directory / "secrets", f"http://127.0.0.1:{db_port}")
    with start_service(
        ROOT / "chat-ui", settings, tmp_path_factory.mktemp("chat-ui") / "log"
    ) as url:
        yield url
