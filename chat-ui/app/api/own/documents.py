"""One's own documents: uploaded as they come, listed, read, renamed, deleted, given to chats."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response, StreamingResponse

from app.api.body import read_model
from app.api.caller import Caller, Librarian
from app.api.errors import ApiError, describe_kind
from app.api.openapi import errors, model_body
from app.api.own.bodies import DocumentChanges
from app.api.own.resources import OwnDocument, OwnDocuments, OwnPage, OwnUpload, RefusedFile
from app.api.paths import OWN
from app.openapi import upload_body
from app.originals import FILE, send_original
from app.services import AppServices, Services
from app.uploads.upload import upload_files

router = APIRouter(prefix=OWN, tags=["Own documents"])

Size = Annotated[int | None, Query(ge=0, description="Bytes of the only file, if known.")]
UPLOAD = errors(400, 401, 403, 404, 409, 413, 415, 503, 507)
HIGHEST = 2**31 - 1  # number of a page
HERE_BEFORE = "file-repeated"


@router.get("/documents", summary="List documents", responses=errors(401, 403, 503))
async def list_documents(caller: Librarian, services: AppServices) -> OwnDocuments:
    """Of the library and of all chats."""
    return await _list(services, caller, None)


@router.post(
    "/documents",
    summary="Upload files into the library",
    status_code=201,
    responses=UPLOAD,
    openapi_extra=upload_body(),
)
async def upload(
    request: Request, caller: Librarian, services: AppServices, size: Size = None
) -> OwnUpload:
    """As a form's `files`. An error only if none could be taken."""
    return await _upload(request, services, caller, None, size)


@router.get(
    "/documents/{document_id}", summary="Read a document", responses=errors(401, 403, 404, 503)
)
async def read_document(document_id: UUID, caller: Librarian, services: AppServices) -> OwnDocument:
    """What is known of it, and how far it has been read."""
    return OwnDocument.of(await services.documents.get(caller.session, document_id))


@router.patch(
    "/documents/{document_id}",
    summary="Rename a document",
    responses=errors(400, 401, 403, 404, 413, 503),
    openapi_extra=model_body(DocumentChanges),
)
async def rename_document(
    request: Request, document_id: UUID, caller: Librarian, services: AppServices
) -> OwnDocument:
    """In all chats."""
    asked = await read_model(request, services, DocumentChanges)
    await services.documents.rename(caller.session, document_id, asked.name)
    return OwnDocument.of(await services.documents.get(caller.session, document_id))


@router.delete(
    "/documents/{document_id}",
    summary="Delete a document",
    status_code=204,
    response_class=Response,
    responses=errors(401, 403, 404, 503),
)
async def delete_document(document_id: UUID, caller: Librarian, services: AppServices) -> Response:
    """At once and for good, in all chats."""
    await services.documents.delete(caller.session, document_id)
    return Response(status_code=204)


@router.get(
    "/documents/{document_id}/pages/{number}",
    summary="The text of a page",
    responses=errors(401, 403, 404, 503),
)
async def read_page(
    document_id: UUID,
    number: Annotated[int, Path(ge=1, le=HIGHEST)],
    caller: Librarian,
    services: AppServices,
) -> OwnPage:
    """As it was read; not found before that."""
    return OwnPage.of(await services.documents.page(caller.session, document_id, number))


@router.get(
    "/documents/{document_id}/original",
    summary="The file as it was uploaded",
    response_class=StreamingResponse,
    responses={**FILE, **errors(401, 403, 404, 503)},
)
async def read_original(
    document_id: UUID, caller: Librarian, services: AppServices
) -> StreamingResponse:
    """Its bytes."""
    return await send_original(services, caller.session, document_id, shows_pdf=False)


@router.get(
    "/chats/{chat_id}/documents",
    summary="List a chat's documents",
    responses=errors(401, 403, 404, 503),
)
async def list_documents_of_chat(
    chat_id: UUID, caller: Librarian, services: AppServices
) -> OwnDocuments:
    """The newest first."""
    await services.chats.get(caller.session, chat_id)  # or it would just have none
    return await _list(services, caller, chat_id)


@router.post(
    "/chats/{chat_id}/documents",
    summary="Upload files into a chat",
    status_code=201,
    responses=UPLOAD,
    openapi_extra=upload_body(),
)
async def upload_into_chat(
    request: Request, chat_id: UUID, caller: Librarian, services: AppServices, size: Size = None
) -> OwnUpload:
    """As a form's `files`. An error only if none could be taken."""
    await services.chats.get(caller.session, chat_id)  # before a byte is read
    return await _upload(request, services, caller, chat_id, size)


@router.put(
    "/chats/{chat_id}/documents/{document_id}",
    summary="Add a document to a chat",
    status_code=204,
    response_class=Response,
    responses=errors(401, 403, 404, 503),
)
async def add_document(
    chat_id: UUID, document_id: UUID, caller: Librarian, services: AppServices
) -> Response:
    """Without uploading it again. Adding it twice changes nothing."""
    await services.documents.add_to_chat(caller.session, chat_id, document_id)
    return Response(status_code=204)


@router.delete(
    "/chats/{chat_id}/documents/{document_id}",
    summary="Remove a document from a chat",
    status_code=204,
    response_class=Response,
    responses=errors(401, 403, 404, 503),
)
async def remove_document(
    chat_id: UUID, document_id: UUID, caller: Librarian, services: AppServices
) -> Response:
    """It stays in other chats or in the library."""
    await services.documents.take_from_chat(caller.session, chat_id, document_id)
    return Response(status_code=204)


async def _list(services: Services, caller: Caller, chat: UUID | None) -> OwnDocuments:
    found = await services.documents.list_newest(caller.session, chat=chat)
    return OwnDocuments(items=[OwnDocument.of(each) for each in found])


async def _upload(
    request: Request, services: Services, caller: Caller, chat: UUID | None, size: int | None
) -> OwnUpload:
    report = await upload_files(request, services.documents, caller.session, chat, size)
    refused = []
    for note in report.notes:
        if note.kind != HERE_BEFORE:
            message, code = describe_kind(note.kind, note.facts)
            refused.append(
                RefusedFile(name=str(note.facts.get("file")), message=message, code=code)
            )
    if refused and not report.kept:
        status = 400 if report.status == 422 else report.status
        raise ApiError(status, refused[0].message, refused[0].code, "files")
    kept = [await services.documents.get(caller.session, each) for each in report.kept]
    return OwnUpload(items=[OwnDocument.of(each) for each in kept], refused=refused)
