"""The documents of a chat, or of one that begins with them: uploaded, added from the library,
removed."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.clients.types import Mode
from app.errors import InvalidInput, NotFound
from app.forms import Form, read_id, read_ids
from app.htmx import is_script
from app.loading import load_chat, load_choice, load_home
from app.new_chats import begin_chat
from app.openapi import WITH_COOKIE, form_body, pages, upload_body
from app.services import AppServices, Services
from app.sessions import Session
from app.uploads.outcome import keep_outcome, read_typed
from app.uploads.upload import UploadReport, upload_files
from app.views.documents import UploadedView, offer_pictures
from app.views.problems import Problem

router = APIRouter(prefix="/chats", tags=["documents"], dependencies=WITH_COOKIE)

# What a form for files keeps meanwhile.
TYPED = {
    "prompt": "A message that was typed; it is in the chat's form again",
    "mode": "How it is to be answered",
    "recording": "The id of a recording that it is from",
    "cancel": "If not empty, there may be no file or document",
}
ADDED = {"document": "The id of a document; there may be several", **TYPED}


@router.post(
    "/new/documents",
    summary="Begin a chat with files",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(200, 401, 403, 404, 413, 415, 422, 503, 507),
    openapi_extra=upload_body(**TYPED),
)
async def begin_chat_with_files(
    request: Request, services: AppServices, session: Session
) -> Response:
    """Leads to the new chat, where the first message can be written, with what was typed of it. If
    no file could be taken, that is told on the home page."""
    chat_id = await begin_chat(services, session)
    report = await upload_files(request, services.documents, session, chat_id)
    if report.kept:
        return await _lead_to_chat(request, services, session, chat_id, report)
    typed = read_typed(report.fields)
    home = await load_home(services, session, composer=typed, notes=report.notes)
    return services.templates.page("home.html", home, report.status)


@router.get(
    "/new/documents",
    summary="Where it is told that no file could be taken",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(422, 503),
)
async def leave_new_chat() -> RedirectResponse:
    """The address of that page. Leads home."""
    return RedirectResponse("/", 303)


@router.get(
    "/new/documents/add",
    summary="Documents that a chat can begin with",
    response_class=HTMLResponse,
    responses=pages(401, 404, 422, 503),
)
async def show_choice_for_new_chat(services: AppServices, session: Session) -> HTMLResponse:
    """Those of the library and of chats, the newest first."""
    return services.templates.page("choice.html", await load_choice(services, session, None))


@router.post(
    "/new/documents/add",
    summary="Begin a chat with documents of the library",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(200, 401, 403, 404, 413, 422, 503),
    openapi_extra=form_body(True, **ADDED),
)
async def begin_chat_with_documents(
    request: Request, services: AppServices, session: Session, form: Form
) -> Response:
    """Leads to the new chat, where the first message can be written, with what was typed of it."""
    if form.get("cancel"):
        home = await load_home(services, session, composer=read_typed(form))
        return services.templates.page("home.html", home)
    documents = read_ids(form, "document")
    if not documents:
        return await _ask_to_choose(services, session, None, form)
    for document in documents:
        await services.documents.get(session, document)  # or no chat is begun
    chat_id = await begin_chat(services, session)
    return await _add(request, services, session, chat_id, form)


@router.get(
    "/{chat_id}/documents",
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
    return await _show_list(services, session, chat_id, UploadReport())


@router.post(
    "/{chat_id}/documents",
    summary="Upload files into a chat",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 413, 415, 422, 503, 507),
    openapi_extra=upload_body(**TYPED),
)
async def upload_into_chat(
    request: Request,
    services: AppServices,
    session: Session,
    chat_id: UUID,
    size: Annotated[int | None, Query(description="Bytes of the only file, if known")] = None,
) -> Response:
    """Leads back to the chat. Files that could not be taken are told there; the others are kept.
    A message that was typed before is in the chat's form again."""
    await services.chats.get(session, chat_id)  # before a byte is read
    report = await upload_files(request, services.documents, session, chat_id, size)
    if is_script(request):
        return await _show_list(services, session, chat_id, report)
    return await _lead_to_chat(request, services, session, chat_id, report)


@router.get(
    "/{chat_id}/documents/add",
    summary="Documents that can be added to a chat",
    response_class=HTMLResponse,
    responses=pages(401, 404, 422, 503),
)
async def show_choice(services: AppServices, session: Session, chat_id: UUID) -> HTMLResponse:
    """Those of the library and of other chats, the newest first."""
    return services.templates.page("choice.html", await load_choice(services, session, chat_id))


@router.post(
    "/{chat_id}/documents/add",
    summary="Add documents to a chat",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 413, 422, 503),
    openapi_extra=form_body(True, **ADDED),
)
async def add_documents(
    request: Request, services: AppServices, session: Session, chat_id: UUID, form: Form
) -> Response:
    """Without uploading them again. Leads back to the chat."""
    if form.get("cancel"):
        report = UploadReport(fields=form)
        return await _lead_to_chat(request, services, session, chat_id, report)
    if not read_ids(form, "document"):
        return await _ask_to_choose(services, session, chat_id, form)
    return await _add(request, services, session, chat_id, form)


@router.post(
    "/{chat_id}/documents/remove",
    summary="Remove a document from a chat",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 413, 422, 503),
    openapi_extra=form_body(document="The document's id"),
)
async def remove_document(
    request: Request, services: AppServices, session: Session, chat_id: UUID, form: Form
) -> Response:
    """It stays in other chats or in the library. Leads back to the chat; scripts get its list."""
    document = read_id(form, "document")
    if document is None:
        raise InvalidInput
    try:
        await services.documents.take_from_chat(session, chat_id, document)
    except NotFound:  # the document has been deleted, in another tab; unless it is the chat
        await services.chats.get(session, chat_id)
    if is_script(request):
        return await _show_list(services, session, chat_id, UploadReport())
    return RedirectResponse(f"/chats/{chat_id}#end", 303)


async def _lead_to_chat(
    request: Request, services: Services, session: UUID, chat_id: UUID, report: UploadReport
) -> Response:
    """To the chat's page, which tells what is to be said of the files and has the message that was
    typed. If no file was taken, or that is too long for a cookie, the page is shown at once."""
    address, kept = f"/chats/{chat_id}", report.status == 200 or report.kept
    if kept and keep_outcome(request, address, report):
        return RedirectResponse(f"{address}#end", 303)
    typed = read_typed(report.fields)
    page = await load_chat(services, session, chat_id, composer=typed, notes=report.notes)
    return services.templates.chat(page, report.status)


async def _add(
    request: Request, services: Services, session: UUID, chat_id: UUID, form: Form
) -> Response:
    for document in read_ids(form, "document"):
        await services.documents.add_to_chat(session, chat_id, document)
    report = UploadReport(fields=form)
    return await _lead_to_chat(request, services, session, chat_id, report)


async def _ask_to_choose(
    services: Services, session: UUID, chat_id: UUID | None, form: Form
) -> HTMLResponse:
    problem = Problem("no-document")
    page = await load_choice(services, session, chat_id, read_typed(form), problem)
    return services.templates.page("choice.html", page, InvalidInput.status)


async def _show_list(
    services: Services, session: UUID, chat_id: UUID, report: UploadReport
) -> HTMLResponse:
    """For a script. It ticks the pictures uploaded just now, and leaves others as they were."""
    documents = await services.documents.list_newest(session, chat=chat_id)
    mode: Mode | None = "documents" if documents else None
    page = UploadedView(
        documents=documents,
        upload=f"/chats/{chat_id}/documents",
        notes=report.notes,
        mode=mode,
        offered=offer_pictures(documents, chat_id),
        ticked=report.kept,
        sees_pictures=bool(services.settings.vision_url),
    )
    return services.templates.page("_uploaded.html", page)
