"""One document: opened page by page, renamed, deleted, its file, a chat begun with it."""

import asyncio
import contextlib
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from app.errors import InvalidInput, NotFound
from app.forms import Form, read_text
from app.loading import load_chats
from app.new_chats import begin_chat
from app.openapi import WITH_COOKIE, form_body, pages
from app.originals import FILE, SAFE, TYPES, send_original
from app.security import POLICY
from app.services import AppServices, Services
from app.sessions import Session
from app.uploads.outcome import keep_outcome
from app.uploads.upload import UploadReport
from app.views.documents import DocumentView
from app.views.problems import Problem

router = APIRouter(prefix="/documents/{document_id}", tags=["documents"], dependencies=WITH_COOKIE)

Number = Annotated[int, Query(ge=1)]
Words = Annotated[
    str | None,
    Query(pattern=r"^\d{1,9}-\d{1,9}$", description="Words to mark: 12-34, in code points"),
]

FRAMING = {"Content-Security-Policy": f"{POLICY}; frame-src 'self'"}
JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {TYPES["jpeg"]: {}}}}


@router.get(
    "",
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
    chat: UUID | None = None,
    reply: UUID | None = None,
    deleting: bool = False,
) -> Response:
    """Its text as it was read, beside the original; in it a quote is marked. A link leads back to
    the `reply` of a `chat` that quoted it. `deleting` opens the form that deletes it."""
    start, _, end = (quote or "").partition("-")
    marked = (int(start), int(end)) if quote else None
    more: dict[str, Any] = {"quote": marked, "chat": chat, "reply": reply, "deleting": deleting}
    return await _show_document(services, session, document_id, page, **more)


@router.post(
    "/chat",
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
    chat_id = await begin_chat(services, session)
    await services.documents.add_to_chat(session, chat_id, document_id)
    return RedirectResponse(f"/chats/{chat_id}#end", 303)


@router.post(
    "/rename",
    summary="Rename a document",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 413, 422, 503),
    openapi_extra=form_body(name="One short line", listed="Not empty: leads to the library"),
)
async def rename_document(
    services: AppServices, session: Session, document_id: UUID, form: Form
) -> Response:
    """Leads back to the document, or to where it is in the library."""
    try:
        await services.documents.rename(session, document_id, read_text(form, "name"))
    except InvalidInput as error:
        problem = Problem.of(error)
        return await _show_document(
            services, session, document_id, 1, error.status, problem=problem
        )
    listed = f"/documents?renamed={document_id}#d-{document_id}"
    return RedirectResponse(listed if form.get("listed") else f"/documents/{document_id}", 303)


@router.post(
    "/delete",
    summary="Delete a document",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 422, 503),
)
async def delete_document(
    request: Request, services: AppServices, session: Session, document_id: UUID
) -> RedirectResponse:
    """At once and for good, in all chats. Leads to the library, where that is told."""
    document = await services.documents.get(session, document_id)
    await services.documents.delete(session, document_id)
    note = Problem("document-deleted", {"file": document.name})
    keep_outcome(request, "/documents", UploadReport([note]))
    return RedirectResponse("/documents", 303)


@router.get(
    "/original",
    summary="The file as it was uploaded",
    response_class=StreamingResponse,
    responses=FILE | pages(401, 404, 422, 503),
)
async def show_original(
    services: AppServices, session: Session, document_id: UUID
) -> StreamingResponse:
    """A PDF is shown by the browser; anything else is saved."""
    return await send_original(services, session, document_id, shows_pdf=True)


@router.get(
    "/picture",
    summary="A picture, without its metadata",
    response_class=StreamingResponse,
    responses=JPEG | pages(401, 404, 422, 503),
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
