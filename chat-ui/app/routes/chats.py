"""A chat's page."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from app.routes.openapi import WITH_COOKIE, pages
from app.services import Ask, Services
from app.sessions import Session, renew_session
from app.views.lists import ChatList, view_chats
from app.views.messages import Composer
from app.views.pages import ChatView, view_chat
from app.views.problems import Problem

router = APIRouter(tags=["chats"], dependencies=WITH_COOKIE)

PAGE_SIZE = 30  # messages
LIST_SIZE = 30  # chats beside it


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
    at: Annotated[UUID | None, Query()] = None,
    edit: Annotated[UUID | None, Query()] = None,
    live: Literal["yes", "no"] = "yes",
) -> HTMLResponse:
    """The newest messages of the branch shown; `before` pages back, `at` leads to one message,
    `edit` to one as a form. Browsers without JavaScript are led on to the growing page while a
    reply is to come, unless `live` is `no`."""
    await renew_session(request, services.sessions, session)
    page = await load_chat(
        services, session, chat_id, before=before, at=at, editing=edit, lead_on=live == "yes"
    )
    return services.templates.page("chat.html", page)


async def load_chat(
    services: Services,
    session: UUID,
    chat_id: UUID,
    *,
    before: UUID | None = None,
    at: UUID | None = None,
    editing: UUID | None = None,
    composer: Composer | None = None,
    problem: Problem | None = None,
    lead_on: bool = True,
) -> ChatView:
    """The chat with a page of its messages; NotFound if it is not this session's."""
    page = await services.chats.page(
        session, chat_id, before=before, at=editing or at, limit=PAGE_SIZE, beside=LIST_SIZE
    )
    if editing and composer is None:
        asked = (m for m in page.messages.items if m.role == "user")
        edited = next((m for m in asked if m.id == editing), None)
        composer = Composer(edited.content, replaces=editing) if edited else None
    return await view_chat(
        page.chat,
        view_chats(page.chats, chat_id),
        page.messages,
        services.settings.message_limit,
        lead_on=lead_on,
        composer=composer,
        problem=problem,
        editing=editing,
    )


async def load_chats(services: Services, session: UUID, current: UUID | None = None) -> ChatList:
    """The list beside every page."""
    return view_chats(await services.chats.list_newest(session, limit=LIST_SIZE), current)
