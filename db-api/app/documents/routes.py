"""Keep, list, open, rename and delete documents."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from app.chats import repository as chats
from app.documents import complete, repository
from app.documents.schemas import (
    Document,
    DocumentChanges,
    DocumentPage,
    Documents,
    KeptDocument,
    NewDocument,
)
from app.errors import (
    BlockNotFound,
    ChatNotFound,
    DocumentNotFound,
    FileIncomplete,
    FileKindRefused,
    FileNotFound,
    PageNotFound,
    SessionEnded,
)
from app.files import repository as files
from app.web.auth import Person
from app.web.deps import Config, Db
from app.web.openapi import problems
from app.web.routing import ThreadRoute

router = APIRouter(tags=["documents"], route_class=ThreadRoute)

Number = Annotated[int, Path(ge=0, le=2**31 - 1)]


@router.post(
    "/files/{file_id}/complete",
    status_code=201,
    summary="Make a document of an upload",
    responses=problems(SessionEnded, FileNotFound, ChatNotFound, FileIncomplete, FileKindRefused)
    | {200: {"model": KeptDocument, "description": "The session has had this content before."}},
)
def complete_upload(
    file_id: UUID,
    body: NewDocument,
    person: Person,
    database: Db,
    settings: Config,
    response: Response,
) -> KeptDocument:
    """Its kind is found by its content. The same content is kept once per session: then its
    document is given to the chat, or to the library, as well. A refused upload is deleted. Sound
    becomes a recording of the chat, if there is a model that transcribes it."""
    row, repeated = complete.complete(database, person, file_id, body, settings)
    if repeated:
        response.status_code = 200
    return KeptDocument(**Document.model_validate(row).model_dump(), repeated=repeated)


@router.get("/documents", summary="List documents", responses=problems(SessionEnded))
def list_documents(
    person: Person,
    database: Db,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    chat: Annotated[UUID | None, Query(description="Only those that it has, oldest first.")] = None,
) -> Documents:
    """Those of the library and of all chats, the newest first."""
    with database.person(person) as connection:
        if chat:
            rows = repository.list_of_chat(connection, person, chat)
        else:
            rows = repository.list_newest(connection, person, limit)
    return Documents(items=[Document.model_validate(row) for row in rows])


@router.get(
    "/documents/{document_id}",
    summary="Read a document",
    responses=problems(SessionEnded, DocumentNotFound),
)
def read_document(document_id: UUID, person: Person, database: Db) -> Document:
    """What it is, and how far it has been read."""
    with database.person(person) as connection:
        row = repository.find(connection, person, document_id)
    return Document.model_validate(row)


@router.put(
    "/chats/{chat_id}/documents/{document_id}",
    status_code=204,
    summary="Add a document to a chat",
    responses=problems(SessionEnded, ChatNotFound, DocumentNotFound),
)
def add_to_chat(chat_id: UUID, document_id: UUID, person: Person, database: Db) -> None:
    """One that the session has already, in the library or in another chat."""
    with database.person(person) as connection:
        chats.find(connection, person, chat_id)
        repository.find(connection, person, document_id)
        repository.give_to(connection, person, document_id, chat_id)


@router.delete(
    "/chats/{chat_id}/documents/{document_id}",
    status_code=204,
    summary="Remove a document from a chat",
    responses=problems(SessionEnded, ChatNotFound, DocumentNotFound),
)
def take_from_chat(chat_id: UUID, document_id: UUID, person: Person, database: Db) -> None:
    """One that is in no other chat is in the library from now on."""
    with database.person(person) as connection:
        chats.find(connection, person, chat_id)
        repository.take_from(connection, person, document_id, chat_id)


@router.patch(
    "/documents/{document_id}",
    summary="Rename a document",
    responses=problems(SessionEnded, DocumentNotFound),
)
def rename_document(
    document_id: UUID, body: DocumentChanges, person: Person, database: Db
) -> Document:
    """Its name is only shown; what it is does not depend on it."""
    with database.person(person) as connection:
        repository.change(connection, person, document_id, {"name": body.name})
        row = repository.find(connection, person, document_id)
    return Document.model_validate(row)


@router.delete(
    "/documents/{document_id}",
    status_code=204,
    summary="Delete a document",
    responses=problems(SessionEnded, DocumentNotFound),
)
def delete_document(document_id: UUID, person: Person, database: Db) -> None:
    """At once and for good, in all chats: its bytes, its pages and its passages."""
    with database.person(person) as connection:
        row = repository.find(connection, person, document_id)
        repository.drop(connection, person, row)


@router.get(
    "/documents/{document_id}/pages/{number}",
    summary="Read a page's text",
    responses=problems(SessionEnded, DocumentNotFound, PageNotFound),
)
def read_page(document_id: UUID, number: Number, person: Person, database: Db) -> DocumentPage:
    """Pages are counted from 1. One that has not been read yet is not found."""
    with database.person(person) as connection:
        repository.find(connection, person, document_id)
        row = repository.find_page(connection, person, document_id, number)
    if row is None:
        raise PageNotFound
    return DocumentPage.model_validate(row)


@router.get(
    "/documents/{document_id}/blocks/{number}",
    summary="Read a block of the original",
    response_class=Response,
    responses=problems(SessionEnded, DocumentNotFound, BlockNotFound)
    | {200: {"content": {"application/octet-stream": {}}}},
)
def read_block(
    document_id: UUID,
    number: Number,
    person: Person,
    database: Db,
    shown: Annotated[
        bool, Query(description="Of the picture without its metadata instead.")
    ] = False,
) -> Response:
    """1 MiB, the last one what is left. Numbers begin with 0."""
    with database.person(person) as connection:
        row = repository.find(connection, person, document_id)
        file = row.shown_file_id if shown else row.file_id
        block = files.read_block(connection, person, file, number) if file else None
    if block is None:
        raise BlockNotFound
    return Response(block, media_type="application/octet-stream")
