"""Recordings: transcribed for a message. They are uploaded as documents are."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.htmx import is_script
from app.openapi import WITH_COOKIE, pages
from app.services import AppServices, Services
from app.sessions import Session
from app.views.recordings import RecordingsView

router = APIRouter(tags=["chats"], dependencies=WITH_COOKIE)


@router.get(
    "/chats/{chat_id}/recordings",
    summary="The recordings of a chat",
    response_class=HTMLResponse,
    responses=pages(401, 404, 422, 503),
)
async def show_recordings(
    request: Request, services: AppServices, session: Session, chat_id: UUID
) -> Response:
    """For scripts (`HX-Request: true`): the list that the chat's page has. Others are led there."""
    return await _show_list(request, services, session, chat_id)


@router.post(
    "/chats/{chat_id}/recordings/{recording_id}/delete",
    summary="Delete a recording",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 422, 503),
)
async def delete_recording(
    request: Request, services: AppServices, session: Session, chat_id: UUID, recording_id: UUID
) -> Response:
    """With what was said in it. Leads back to the chat."""
    await services.recordings.delete(session, chat_id, recording_id)
    return await _show_list(request, services, session, chat_id)


async def _show_list(
    request: Request, services: Services, session: UUID, chat_id: UUID
) -> Response:
    if not is_script(request):
        return RedirectResponse(f"/chats/{chat_id}#end", 303)
    page = RecordingsView(chat_id, await services.recordings.list_all(session, chat_id))
    return services.templates.page("_recordings.html", page)
