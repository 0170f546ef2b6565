"""Whether the process lives, and whether it can serve. Open to whoever asks."""

import logging
from functools import cache
from pathlib import Path
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.errors import DatabaseUnavailable
from app.web.deps import Db
from app.web.openapi import problems

router = APIRouter(tags=["health"])
log = logging.getLogger("parley")


class Health(BaseModel):
    status: Literal["ok"] = "ok"


@cache
def find_head() -> str:
    """The newest migration this code has: files are named by revision, and counted up.

    Alembic could tell, too, but would stay in memory for that one answer.
    """
    versions = Path(__file__).parents[2] / "migrations" / "versions"
    return max(path.name.partition("_")[0] for path in versions.glob("[0-9]*.py"))


@router.get("/health", summary="Is the process alive?")
async def check_health() -> Health:
    """Answers without the database."""
    return Health()


@router.get(
    "/ready", summary="Can it serve?", responses=problems(DatabaseUnavailable, guarded=False)
)
def check_readiness(database: Db) -> Health:
    """Yes, if the database answers and all migrations have been made."""
    try:
        with database.unauthenticated() as connection:
            revision = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except DBAPIError:
        raise DatabaseUnavailable from None
    if revision != find_head():
        log.warning("the database is at revision %s, wanted is %s", revision, find_head())
        raise DatabaseUnavailable
    return Health()
