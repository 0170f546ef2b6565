"""The library: all documents, those in chats, too."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.htmx import is_script
from app.loading import load_chats
from app.openapi import WITH_COOKIE, pages, upload_body
from app.services import AppServices, Services
from app.sessions import Session, renew_session
from app.uploads.outcome import keep_outcome, take_outcome
from app.uploads.upload import upload_files
from app.views.documents import DocumentsPage, UploadedView
from app.views.problems import Problem

router = APIRouter(prefix="/documents", tags=["documents"], dependencies=WITH_COOKIE)


@router.get(
    "",
    summary="The library, and what chats have",
    response_class=HTMLResponse,
    responses=pages(401, 404, 422, 503),
)
async def show_documents(
    request: Request, services: AppServices, session: Session, renamed: UUID | None = None
) -> HTMLResponse:
    """The newest first; one was `renamed` just now. Scripts (`HX-Request: true`) get the list
    only."""
    if is_script(request):
        return await _show_list(services, session, [])
    await renew_session(request, services.sessions, session)
    notes, _ = take_outcome(request)
    return await _show_library(services, session, notes, renamed=renamed)


@router.post(
    "",
    summary="Upload files into the library",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 413, 415, 422, 503, 507),
    openapi_extra=upload_body(),
)
async def upload_into_library(
    request: Request,
    services: AppServices,
    session: Session,
    size: Annotated[int | None, Query(description="Bytes of the only file, if known")] = None,
) -> Response:
    """Leads to the library. Files that could not be taken are told there; the others are kept."""
    report = await upload_files(request, services.documents, session, None, size)
    if is_script(request):
        return await _show_list(services, session, report.notes)
    if report.kept and keep_outcome(request, "/documents", report):
        return RedirectResponse("/documents", 303)
    return await _show_library(services, session, report.notes, report.status)


async def _show_list(services: Services, session: UUID, notes: list[Problem]) -> HTMLResponse:
    documents = await services.documents.list_newest(session)
    page = UploadedView(documents, DocumentsPage.upload, notes)
    return services.templates.page("_uploaded.html", page)


async def _show_library(
    services: Services,
    session: UUID,
    notes: list[Problem],
    status: int = 200,
    renamed: UUID | None = None,
) -> HTMLResponse:
    chats, documents, limits = await asyncio.gather(
        load_chats(services, session),
        services.documents.list_newest(session),
        services.limits.get(),
    )
    page = DocumentsPage(chats, documents, limits, notes, renamed)
    return services.templates.page("documents.html", page, status)
