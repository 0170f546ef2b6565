"""A chat's page."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from app.loading import load_chat
from app.openapi import WITH_COOKIE, pages
from app.services import AppServices
from app.sessions import Session, renew_session
from app.uploads.outcome import take_outcome

router = APIRouter(tags=["chats"], dependencies=WITH_COOKIE)


@router.get(
    "/chats/{chat_id}",
    summary="A chat's page",
    response_class=HTMLResponse,
    responses=pages(401, 404, 422, 503),
)
async def show_chat(
    request: Request,
    services: AppServices,
    session: Session,
    chat_id: UUID,
    before: Annotated[UUID | None, Query()] = None,
    at: Annotated[UUID | None, Query()] = None,
    edit: Annotated[UUID | None, Query()] = None,
    live: Literal["yes", "no"] = "yes",
    deleted: Annotated[UUID | None, Query()] = None,
    stay: bool = False,
    recording: Annotated[UUID | None, Query()] = None,
) -> HTMLResponse:
    """The newest messages of the branch shown; `before` pages back, `at` leads to one message,
    `edit` to one as a form. Browsers without JavaScript are led on to the live page while a reply
    is to come, unless `live` is `no`. `deleted` is another chat, to restore; with `stay` that leads
    back to this one. `recording` is one whose words are put into the message."""
    await renew_session(request, services.sessions, session)
    notes, typed = take_outcome(request)
    page = await load_chat(
        services,
        session,
        chat_id,
        before=before,
        at=at,
        editing=edit,
        redirect_to_live=live == "yes",
        deleted=deleted,
        stay=stay,
        recording=recording,
        notes=notes,
        composer=typed,
    )
    return services.templates.chat(page)
