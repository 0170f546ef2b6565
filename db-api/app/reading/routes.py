"""Claim a document, read it, store what was found: for doc-worker, with a token of its own."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Header, Path, Query, Response

from app.errors import DocumentNotFound
from app.passages.schemas import VectorModel
from app.reading import repository, vectors
from app.reading.schemas import (
    EmbeddingEnd,
    Heartbeat,
    Job,
    PassageTexts,
    PassageVectors,
    ReadingEnd,
    ReadPages,
    Waiting,
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
    vanished comes with the pages that are stored. When none is to be read, one whose passages lack
    vectors of the worker's model."""
    with database.reader() as connection:
        repository.hand_back(connection, worker, body)
    with database.reader() as connection:
        job = repository.claim(connection, worker, body)
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


@router.post("/{document_id}/heartbeat", summary="Renew the lease", responses=HELD)
def renew_lease(document_id: UUID, body: Heartbeat, worker: Holder, database: Db) -> Waiting:
    """With the number of pages, as soon as it is known."""
    with database.reader() as connection:
        repository.renew(connection, worker, document_id, body.pages)
        return repository.find_waiting(connection)


@router.put("/{document_id}/pages", summary="Store pages", responses=HELD)
def store_pages(document_id: UUID, body: ReadPages, worker: Holder, database: Db) -> Waiting:
    """Each once: a page that is stored already stays, unless it had to wait for a Tesseract."""
    with database.reader() as connection:
        repository.store_pages(connection, worker, document_id, body.pages)
        return repository.find_waiting(connection)


@router.put(
    "/{document_id}/picture", summary="Store what is shown", status_code=204, responses=HELD
)
def store_picture(
    document_id: UUID,
    jpeg: Annotated[bytes, Body(media_type="image/jpeg")],
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


@router.get("/{document_id}/passages", summary="Read passages without vectors", responses=HELD)
def read_passages(
    document_id: UUID,
    worker: Holder,
    database: Db,
    model: Annotated[VectorModel, Query(description="Whose vectors they lack.")],
) -> PassageTexts:
    """A few of them. Of a document that is claimed for vectors only."""
    with database.reader() as connection:
        return vectors.list_passages(connection, worker, document_id, model)


@router.put("/{document_id}/vectors", summary="Store vectors", responses=HELD)
def store_vectors(document_id: UUID, body: PassageVectors, worker: Holder, database: Db) -> Waiting:
    """In place of those of another model."""
    with database.reader() as connection:
        vectors.store(connection, worker, document_id, body)
        return repository.find_waiting(connection)


@router.post(
    "/{document_id}/vectors/finish", summary="Finish vectors", status_code=204, responses=HELD
)
def finish_vectors(document_id: UUID, body: EmbeddingEnd, worker: Holder, database: Db) -> None:
    """From now on the document is found by them, too."""
    with database.reader() as connection:
        vectors.finish(connection, worker, document_id, body.model)


@router.post("/release", summary="Hand documents back", status_code=204, responses=problems())
def release_documents(worker: Holder, database: Db) -> None:
    """What the worker holds is queued again."""
    with database.reader() as connection:
        repository.release(connection, worker)
