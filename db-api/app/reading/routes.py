"""Claim a document, read it, store what was found: for doc-worker, with a token of its own."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Header, Path, Response

from app.errors import DocumentNotFound
from app.reading import repository
from app.reading.schemas import (
    Heartbeat,
    Job,
    PagesStored,
    ReadingEnd,
    ReadPages,
    WorkerSkills,
)
from app.texts import Worker
from app.web.deps import Db
from app.web.openapi import problems
from app.web.routing import ThreadRoute

router = APIRouter(prefix="/reading", tags=["reading"], route_class=ThreadRoute)

Holder = Annotated[Worker, Header(alias="X-Worker", description="Which worker is asking.")]
Number = Annotated[int, Path(ge=0, le=1_000_000)]
HELD = problems(DocumentNotFound)


@router.post(
    "/claim",
    summary="Claim the next document",
    responses={204: {"description": "Nothing to do."}, **problems()},
    response_model=Job,
)
def claim_document(body: WorkerSkills, worker: Holder, database: Db) -> Job | Response:
    """The document whose turn it is, under a lease that every other call renews. One whose worker
    vanished comes with the pages that are stored."""
    with database.reader() as connection:
        job = repository.claim(connection, worker, ocr=body.ocr, predecessor=body.predecessor)
    return job or Response(status_code=204)


@router.get(
    "/{document_id}/blocks/{number}",
    summary="Read a block of the file",
    responses={
        200: {"content": {"application/octet-stream": {"schema": {"type": "string"}}}},
        **HELD,
    },
    response_class=Response,
)
def read_block(document_id: UUID, number: Number, worker: Holder, database: Db) -> Response:
    """The bytes; 404 behind the last one."""
    with database.reader() as connection:
        block = repository.read_block(connection, worker, document_id, number)
    return Response(block, media_type="application/octet-stream")


@router.post("/{document_id}/heartbeat", summary="Renew the lease", status_code=204, responses=HELD)
def renew_lease(document_id: UUID, body: Heartbeat, worker: Holder, database: Db) -> None:
    """With the number of pages, as soon as it is known."""
    with database.reader() as connection:
        repository.renew(connection, worker, document_id, body.pages)


@router.put("/{document_id}/pages", summary="Store pages", responses=HELD)
def store_pages(document_id: UUID, body: ReadPages, worker: Holder, database: Db) -> PagesStored:
    """Each once: a page that is stored already stays, unless it had to wait for a Tesseract."""
    with database.reader() as connection:
        waiting = repository.store_pages(connection, worker, document_id, body.pages)
    return PagesStored(others_wait=waiting)


@router.put(
    "/{document_id}/picture", summary="Store what is shown", status_code=204, responses=HELD
)
def store_picture(
    document_id: UUID,
    jpeg: Annotated[bytes, Body(media_type="image/jpeg", min_length=1)],
    worker: Holder,
    database: Db,
) -> None:
    """The picture as a JPEG, upright and without its metadata. The first one stays."""
    with database.reader() as connection:
        repository.store_picture(connection, worker, document_id, jpeg)


@router.post("/{document_id}/finish", summary="Finish a document", status_code=204, responses=HELD)
def finish_document(document_id: UUID, body: ReadingEnd, worker: Holder, database: Db) -> None:
    """Complete, or failed with an error."""
    with database.reader() as connection:
        repository.finish(connection, worker, document_id, body)


@router.post("/release", summary="Hand documents back", status_code=204, responses=problems())
def release_documents(worker: Holder, database: Db) -> None:
    """What the worker holds is queued again."""
    with database.reader() as connection:
        repository.release(connection, worker)
