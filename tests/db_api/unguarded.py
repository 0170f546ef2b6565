"""A db-api on a database whose row security is off, so that only the queries name the owner."""

from collections.abc import Iterator

import pytest
from app.settings import Settings

from tests.db_api.api import Api
from tests.db_api.conftest import TABLES, new_database, serve_api
from tests.support.postgres import Postgres

PARTS = ("", "/messages", "/messages/all", "/page", "/page?limit=1", "/follow", "/prompt")


@pytest.fixture(scope="module")
def unguarded(postgres: Postgres) -> Iterator[Settings]:
    with new_database(postgres) as settings:
        for table in TABLES:
            postgres.psql(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY", settings.db_name)
        yield settings


@pytest.fixture(scope="module")
def api(unguarded: Settings) -> Iterator[Api]:
    """The db-api on it, which is Ada's and Bob's in this module."""
    with serve_api(unguarded) as (api, _):
        yield api
