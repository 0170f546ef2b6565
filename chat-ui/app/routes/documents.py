"""Documents: uploaded into a chat or into the library, listed, opened, renamed and deleted."""

import asyncio
import contextlib
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from app.clients.document_types import Document
from app.clients.types import Mode
from app.downloads import attachment
from app.errors import InvalidInput, NotFound
from app.forms import Form, read_id, read_mode, read_text
from app.htmx import is_script
from app.loading import load_chat, load_chats, load_home
from app.openapi import WITH_COOKIE, form_body, pages, upload_body
from app.security import POLICY
from app.services import AppServices, Services
from app.sessions import Session, renew_session
from app.uploads.upload import UploadReport, upload_files
from app.views.documents import (
    ChoicePage,
    DocumentsPage,
    DocumentView,
    UploadedView,
    offer_pictures,
)
from app.views.messages import Composer
from app.views.problems import Problem

router = APIRouter(tags=["documents"], dependencies=WITH_COOKIE)

Size = Annotated[int | None, Query(description="Bytes of the only file, if known")]
Number = Annotated[int, Query(ge=1)]
Words = Annotated[
    str | None,
    Query(pattern=r"^\d{1,9}-\d{1,9}$", description="Words to mark: 12-34, in code points"),
]

# What a form for files keeps meanwhile.
TYPED = {
    "prompt": "A message that was typed; it is in the chat's form again",
    "mode": "How it is to be answered",
    "recording": "The id of a recording that it is from",
    "cancel": "If not empty, there may be no file",
}
# A stranger's bytes under our address: never a page, never a script.
SAFE = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"}
# A PDF is shown beside its text, in a frame of its page and of no other.
FRAMED = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'self'"}
FRAMING = {"Content-Security-Policy": f"{POLICY}; frame-src 'self'"}
TYPES = {
    "pdf": "application/pdf",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "text": "text/plain",
    "markdown": "text/markdown",
}
ENDINGS = {"pdf": "pdf", "jpeg": "jpg", "png": "png", "text": "txt", "markdown": "md"}
BYTES: dict[int | str, dict[str, Any]] = {200: {"content": {"application/octet-stream": {}}}}


@router.get(
    "/documents",
    summary="The library, and what chats have",
    response_class=HTMLResponse,
    responses=pages(401, 404, 422, 503),
)
async def show_documents(request: Request, services: AppServices, session: Session) -> HTMLResponse:
    """The newest first. Scripts (`HX-Request: true`) get the list only."""
    if is_script(request):
        documents = await services.documents.list_newest(session)
        return _show_list(services, documents, "/documents", [])
    await renew_session(request, services.sessions, session)
    return await _show_library(services, session, UploadReport())


@router.post(
    "/documents",
    summary="Upload files into the library",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 413, 415, 422, 503, 507),
    openapi_extra=upload_body(),
)
async def upload_into_library(
    request: Request, services: AppServices, session: Session, size: Size = None
) -> Response:
    """Leads to the library. Files that could not be taken are told there; the others are kept."""
    report = await upload_files(request, services.documents, session, None, size)
    if is_script(request):
        documents = await services.documents.list_newest(session)
        return _show_list(services, documents, "/documents", report.notes)
    if report.notes:
        return await _show_library(services, session, report)
    return RedirectResponse("/documents", 303)


@router.post(
    "/chats/new/documents",
    summary="Begin a chat with files",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 413, 415, 422, 503, 507),
    openapi_extra=upload_body(**TYPED),
)
async def begin_chat_with_files(
    request: Request, services: AppServices, session: Session
) -> Response:
    """Leads to the new chat, where the first message can be written, with what was typed of it. If
    no file could be taken, that is told on the home page."""
    chat_id = await _begin_chat(services, session)
    report = await upload_files(request, services.documents, session, chat_id)
    if report.kept:
        return await _lead_to_chat(services, session, chat_id, report)
    typed = _read_typed(report)
    home = await load_home(services, session, composer=typed, notes=report.notes)
    return services.templates.page("home.html", home, report.status)


@router.get(
    "/chats/new/documents",
    summary="Where a chat begun with files may be shown",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(422, 503),
)
async def leave_new_chat() -> RedirectResponse:
    """The address of the page that tells of files that could not be taken. Leads home, where the
    chat is listed."""
    return RedirectResponse("/", 303)


@router.get(
    "/chats/{chat_id}/documents",
    summary="The documents of a chat",
    response_class=HTMLResponse,
    responses=pages(401, 404, 422, 503),
)
async def show_documents_of_chat(
    request: Request, services: AppServices, session: Session, chat_id: UUID
) -> Response:
    """For scripts (`HX-Request: true`): the list that the chat's page has. Others are led there."""
    if not is_script(request):
        return RedirectResponse(f"/chats/{chat_id}", 303)
    return await _show_list_of_chat(services, session, chat_id, [])


@router.post(
    "/chats/{chat_id}/documents",
    summary="Upload files into a chat",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 413, 415, 422, 503, 507),
    openapi_extra=upload_body(**TYPED),
)
async def upload_into_chat(
    request: Request, services: AppServices, session: Session, chat_id: UUID, size: Size = None
) -> Response:
    """Leads back to the chat. Files that could not be taken are told there; the others are kept.
    A message that was typed before is in the chat's form again."""
    await services.chats.get(session, chat_id)  # before a byte is read
    report = await upload_files(request, services.documents, session, chat_id, size)
    if is_script(request):
        return await _show_list_of_chat(services, session, chat_id, report.notes)
    return await _lead_to_chat(services, session, chat_id, report)


@router.get(
    "/chats/{chat_id}/documents/add",
    summary="Documents that can be added to a chat",
    response_class=HTMLResponse,
    responses=pages(401, 404, 422, 503),
)
async def show_choice(services: AppServices, session: Session, chat_id: UUID) -> HTMLResponse:
    """Those of the library and of other chats, the newest first."""
    chats, chat, documents = await asyncio.gather(
        load_chats(services, session, chat_id),
        services.chats.get(session, chat_id),
        services.documents.list_newest(session),
    )
    others = [each for each in documents if all(has.id != chat_id for has in each.chats)]
    return services.templates.page("chat_documents.html", ChoicePage(chats, chat, others))


@router.post(
    "/chats/{chat_id}/documents/add",
    summary="Add a document to a chat",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 413, 422, 503),
    openapi_extra=form_body(document="The document's id"),
)
async def add_document(
    services: AppServices, session: Session, chat_id: UUID, form: Form
) -> RedirectResponse:
    """Without uploading it again. Leads back to the chat."""
    document = read_id(form, "document")
    if document is None:
        raise InvalidInput
    await services.documents.add_to_chat(session, chat_id, document)
    return RedirectResponse(f"/chats/{chat_id}#end", 303)


@router.post(
    "/chats/{chat_id}/documents/remove",
    summary="Remove a document from a chat",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 413, 422, 503),
    openapi_extra=form_body(document="The document's id"),
)
async def remove_document(
    services: AppServices, session: Session, chat_id: UUID, form: Form
) -> RedirectResponse:
    """It stays in other chats or in the library. Leads back to the chat."""
    document = read_id(form, "document")
    if document is None:
        raise InvalidInput
    await services.documents.take_from_chat(session, chat_id, document)
    return RedirectResponse(f"/chats/{chat_id}#end", 303)


@router.get(
    "/documents/{document_id}",
    summary="A page of a document",
    response_class=HTMLResponse,
    responses=pages(401, 404, 422, 503),
)
async def show_document(
    services: AppServices,
    session: Session,
    document_id: UUID,
    page: Number = 1,
    quote: Words = None,
    deleting: bool = False,
) -> Response:
    """Its text as it was read, beside the original; in it a quote is marked. `deleting` opens the
    form that deletes it."""
    start, _, end = (quote or "").partition("-")
    marked = (int(start), int(end)) if quote else None
    return await _show_document(
        services, session, document_id, page, quote=marked, deleting=deleting
    )


@router.post(
    "/documents/{document_id}/chat",
    summary="Begin a chat with a document",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 422, 503),
)
async def begin_chat_with_document(
    services: AppServices, session: Session, document_id: UUID
) -> RedirectResponse:
    """Leads to the new chat, where the first message can be written."""
    await services.documents.get(session, document_id)  # or no chat is begun
    chat_id = await _begin_chat(services, session)
    await services.documents.add_to_chat(session, chat_id, document_id)
    return RedirectResponse(f"/chats/{chat_id}#end", 303)


@router.post(
    "/documents/{document_id}/rename",
    summary="Rename a document",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 413, 422, 503),
    openapi_extra=form_body(name="One short line", listed="Not empty: leads to the library"),
)
async def rename_document(
    services: AppServices, session: Session, document_id: UUID, form: Form
) -> Response:
    """Leads back to the document, or to the library."""
    try:
        await services.documents.rename(session, document_id, read_text(form, "name"))
    except InvalidInput as error:
        problem = Problem.of(error)
        return await _show_document(
            services, session, document_id, 1, error.status, problem=problem
        )
    return RedirectResponse(
        "/documents" if form.get("listed") else f"/documents/{document_id}", 303
    )


@router.post(
    "/documents/{document_id}/delete",
    summary="Delete a document",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 422, 503),
)
async def delete_document(
    services: AppServices, session: Session, document_id: UUID
) -> RedirectResponse:
    """At once and for good, in all chats. Leads to the library."""
    await services.documents.delete(session, document_id)
    return RedirectResponse("/documents", 303)


@router.get(
    "/documents/{document_id}/original",
    summary="The file as it was uploaded",
    response_class=StreamingResponse,
    responses=BYTES | pages(401, 404, 422, 503),
)
async def show_original(
    services: AppServices, session: Session, document_id: UUID
) -> StreamingResponse:
    """A PDF is shown by the browser; anything else is saved."""
    document = await services.documents.get(session, document_id)
    pieces = services.documents.read(session, document_id, document.size)
    stem = document.name.removesuffix(f".{ENDINGS[document.kind]}")
    is_pdf = document.kind == "pdf"
    named = attachment(stem, ENDINGS[document.kind], inline=is_pdf)
    headers = (FRAMED if is_pdf else SAFE) | named | {"Content-Length": str(document.size)}
    return StreamingResponse(pieces, media_type=TYPES[document.kind], headers=headers)


@router.get(
    "/documents/{document_id}/picture",
    summary="A picture, without its metadata",
    response_class=StreamingResponse,
    responses=BYTES | pages(401, 404, 422, 503),
)
async def show_picture(
    services: AppServices, session: Session, document_id: UUID
) -> StreamingResponse:
    """A JPEG, whatever was uploaded. Not found until it has been made."""
    document = await services.documents.get(session, document_id)
    if document.shown_size is None:
        raise NotFound
    pieces = services.documents.read(session, document_id, document.shown_size, shown=True)
    length = {"Content-Length": str(document.shown_size), "Cache-Control": "no-store"}
    return StreamingResponse(pieces, media_type=TYPES["jpeg"], headers=SAFE | length)


async def _begin_chat(services: Services, session: UUID) -> UUID:
    name = (await services.sessions.current(session)).name or ""
    usual = services.settings
    chat = await services.chats.create(session, name, usual.system_prompt, usual.opening_message)
    return chat.id


async def _lead_to_chat(
    services: Services, session: UUID, chat_id: UUID, report: UploadReport
) -> Response:
    """To the chat's page, which tells what is to be said of the files and has the message that was
    typed."""
    typed = _read_typed(report)
    if report.notes or typed.prompt:
        page = await load_chat(services, session, chat_id, composer=typed, notes=report.notes)
        return services.templates.chat(page, report.status)
    return RedirectResponse(f"/chats/{chat_id}#end", 303)


def _read_typed(report: UploadReport) -> Composer:
    form = report.fields
    recording = read_id(form, "recording")
    return Composer(read_text(form, "prompt"), mode=read_mode(form), recording=recording)


async def _show_list_of_chat(
    services: Services, session: UUID, chat_id: UUID, notes: list[Problem]
) -> HTMLResponse:
    documents = await services.documents.list_newest(session, chat=chat_id)
    mode: Mode | None = "documents" if documents else None
    offered = offer_pictures(documents)
    # A script leaves those as they are that it has already.
    ticked = [picture.id for picture in offered] if services.settings.vision_url else []
    page = UploadedView(documents, f"/chats/{chat_id}/documents", notes, mode, offered, ticked)
    return services.templates.page("_uploaded.html", page)


def _show_list(
    services: Services, documents: list[Document], upload: str, notes: list[Problem]
) -> HTMLResponse:
    page = UploadedView(documents, upload, notes)
    return services.templates.page("_uploaded.html", page)


async def _show_library(services: Services, session: UUID, report: UploadReport) -> HTMLResponse:
    chats, documents, limits = await asyncio.gather(
        load_chats(services, session),
        services.documents.list_newest(session),
        services.limits.get(),
    )
    page = DocumentsPage(chats, documents, limits, report.notes)
    return services.templates.page("documents.html", page, report.status)


async def _show_document(
    services: Services,
    session: UUID,
    document_id: UUID,
    number: int,
    status: int = 200,
    **more: Any,
) -> Response:
    """`more`: what else the page is given."""
    chats, document = await asyncio.gather(
        load_chats(services, session), services.documents.get(session, document_id)
    )
    read = None
    with contextlib.suppress(NotFound):
        read = await services.documents.page(session, document_id, number)
    last = max(document.pages or 1, 1)
    if read is None and number > last:
        return RedirectResponse(f"/documents/{document_id}?page={last}", 303)
    page = DocumentView(chats, document, number, read, **more)
    headers = FRAMING if page.is_framed else {}
    return services.templates.page("document.html", page, status, headers)
