"""Upload a file in blocks; `documents` makes a document of it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Path

from app.errors import (
    BlockOutOfOrder,
    FileNotFound,
    FileTooLarge,
    QuotaReached,
    SessionEnded,
    StorageFull,
)
from app.files import repository, uploads
from app.files.schemas import NewFile, Upload
from app.web.auth import Person
from app.web.deps import Config, Db
from app.web.openapi import problems
from app.web.routing import ThreadRoute

router = APIRouter(prefix="/files", tags=["files"], route_class=ThreadRoute)


@router.post(
    "",
    status_code=201,
    summary="Begin an upload",
    responses=problems(SessionEnded, FileTooLarge, QuotaReached, StorageFull),
)
def begin_upload(body: NewFile, person: Person, database: Db, settings: Config) -> Upload:
    """Refused here, before any byte is sent, if its size is stated and passes a limit. An upload
    that gets no block for nine minutes is deleted."""
    with database.person(person) as connection:
        file_id = uploads.begin(connection, person, body.size, settings)
    return Upload(id=file_id, received=0)


@router.put(
    "/{file_id}/blocks/{number}",
    summary="Upload a block",
    responses=problems(
        SessionEnded, FileNotFound, BlockOutOfOrder, FileTooLarge, QuotaReached, StorageFull
    ),
)
def put_block(
    file_id: UUID,
    number: Annotated[int, Path(ge=0, le=2**31 - 1)],
    content: Annotated[bytes, Body(media_type="application/octet-stream")],
    person: Person,
    database: Db,
    settings: Config,
) -> Upload:
    """Blocks come in order, from 0. All but the last have 1 MiB. The same one again adds
    nothing."""
    with database.person(person) as connection:
        received = uploads.add_block(connection, person, file_id, number, content, settings)
    return Upload(id=file_id, received=received)


@router.delete(
    "/{file_id}",
    status_code=204,
    summary="Cancel an upload",
    responses=problems(SessionEnded, FileNotFound),
)
def cancel_upload(file_id: UUID, person: Person, database: Db) -> None:
    """What came of it is deleted, at once. A file that is stored is no upload any more."""
    with database.person(person) as connection:
        repository.drop_upload(connection, person, file_id)
