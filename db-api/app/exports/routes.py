"""Begin, renew and end an export."""

from uuid import UUID

from fastapi import APIRouter

from app.errors import ExportNotFound, LimitReached, SessionEnded
from app.exports import repository
from app.exports.schemas import Export
from app.web.auth import Person
from app.web.deps import Db
from app.web.openapi import problems
from app.web.routing import ThreadRoute

router = APIRouter(prefix="/exports", tags=["messages"], route_class=ThreadRoute)


@router.post(
    "", status_code=201, summary="Begin an export", responses=problems(SessionEnded, LimitReached)
)
def begin_export(person: Person, database: Db) -> Export:
    """Refused while the session has another one. It ends by itself a minute after it was last
    renewed. What is exported is read as usual."""
    with database.person(person) as connection:
        return Export.model_validate(repository.begin(connection, person))


@router.put(
    "/{export_id}",
    status_code=204,
    summary="Renew an export",
    responses=problems(SessionEnded, ExportNotFound),
)
def renew_export(export_id: UUID, person: Person, database: Db) -> None:
    """It is still being sent."""
    with database.person(person) as connection:
        repository.renew(connection, person, export_id)


@router.delete(
    "/{export_id}",
    status_code=204,
    summary="End an export",
    responses=problems(SessionEnded, ExportNotFound),
)
def end_export(export_id: UUID, person: Person, database: Db) -> None:
    """The session may begin another one."""
    with database.person(person) as connection:
        repository.end(connection, person, export_id)
