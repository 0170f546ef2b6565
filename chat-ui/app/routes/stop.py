"""Stopping a reply: db-api notes it (`queue/stop.py` there), and the runner that writes it ends
its request to the language model, which frees the slot (`app/replies/runner.py`)."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.htmx import is_script
from app.openapi import WITH_COOKIE, pages
from app.services import AppServices
from app.sessions import Session

router = APIRouter(tags=["chats"], dependencies=WITH_COOKIE)


@router.post(
    "/chats/{chat_id}/replies/{reply_id}/stop",
    summary="Stop a reply",
    status_code=303,
    response_class=RedirectResponse,
    responses={
        204: {"description": "For scripts (`HX-Request: true`)."},
        **pages(401, 403, 404, 422, 503),
    },
)
async def stop_reply(
    request: Request, services: AppServices, session: Session, chat_id: UUID, reply_id: UUID
) -> Response:
    """What was shown stays. Stopping a finished reply changes nothing."""
    await services.replies.stop(session, chat_id, reply_id)
    if services.runner:
        services.runner.stop(reply_id)
    if is_script(request):
        return Response(status_code=204)
    return RedirectResponse(f"/chats/{chat_id}#end", 303)
