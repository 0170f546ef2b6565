"""Whether the process lives, and whether it can serve. Open to whoever asks."""

import logging
from functools import cache
from pathlib import Path
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.db.replaceable import READ_MARK, make_mark
from app.errors import DatabaseUnavailable
from app.web.deps import Db
from app.web.openapi import problems

router = APIRouter(tags=["health"])
log = logging.getLogger("parley")


FIND_REVISION = text(f"SELECT version_num AS revision, ({READ_MARK}) AS mark FROM alembic_version")  # noqa: S608 - a constant


class Health(BaseModel):
    status: Literal["ok"] = "ok"


@cache
def find_head() -> str:
    """The newest migration this code has: files are named by revision, and counted up.

    Alembic could tell, too, but would stay in memory for that one answer.
    """
    versions = Path(__file__).parents[2] / "migrations" / "versions"
    return max(path.name.partition("_")[0] for path in versions.glob("[0-9]*.py"))


@cache
def find_mark() -> str:
    """What a database says of itself that `./migrate` has brought here."""
    return make_mark(find_head())


@router.get("/health", summary="Is the process alive?")
async def check_health() -> Health:
    """Answers without the database."""
    return Health()


@router.get(
    "/ready", summary="Can it serve?", responses=problems(DatabaseUnavailable, guarded=False)
)
def check_readiness(database: Db) -> Health:
    """Yes, if the database answers and `./migrate` has nothing left to do."""
    try:
        with database.unauthenticated() as connection:
            found = connection.execute(FIND_REVISION).one()
    except DBAPIError:
        raise DatabaseUnavailable from None
    if (found.revision, found.mark) != (find_head(), find_mark()):
        log.warning("run ./migrate: the database is at revision %s", found.revision)
        raise DatabaseUnavailable
    return Health()
