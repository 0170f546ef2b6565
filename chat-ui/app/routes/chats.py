"""A chat's page."""

import asyncio
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from app.routes.openapi import WITH_COOKIE, pages
from app.services import Ask, Services
from app.sessions import Session, renew_session
from app.views import ChatView, Composer, Problem, view_chat

router = APIRouter(tags=["chats"], dependencies=WITH_COOKIE)

PAGE_SIZE = 30


@router.get(
    "/chats/{chat_id}",
    summary="A chat's page",
    response_class=HTMLResponse,
    responses=pages(401, 404, 422, 503),
)
async def show_chat(
    request: Request,
    services: Ask,
    session: Session,
    chat_id: UUID,
    before: Annotated[UUID | None, Query()] = None,
    live: Literal["yes", "no"] = "yes",
) -> HTMLResponse:
    """The newest messages of the branch shown; `before` pages back. Browsers without JavaScript
    are led on to the growing page while a reply is to come, unless `live` is `no`."""
    await renew_session(request, services.sessions, session)
    page = await load_chat(services, session, chat_id, before, lead_on=live == "yes")
    return services.templates.page("chat.html", page)


async def load_chat(
    services: Services,
    session: UUID,
    chat_id: UUID,
    before: UUID | None = None,
    composer: Composer | None = None,
    problem: Problem | None = None,
    lead_on: bool = True,
) -> ChatView:
    """The chat with a page of its messages; NotFound if it is not this session's."""
    chat, page = await asyncio.gather(
        services.chats.get(session, chat_id),
        services.chats.messages(session, chat_id, before=before, limit=PAGE_SIZE),
    )
    return view_chat(
        chat,
        page,
        services.settings.message_limit,
        newest=before is None,
        lead_on=lead_on and problem is None,
        composer=composer,
        problem=problem,
    )
