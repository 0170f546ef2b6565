"""Home: your name, your chats, a new chat."""

import asyncio
import unicodedata
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.clients.types import ChatPage
from app.errors import InvalidInput, SessionEnded
from app.forms import read_form, read_text
from app.routes.openapi import WITH_COOKIE, form_body, pages
from app.services import Ask, Services
from app.sessions import find_session, forget_session, open_session, renew_session
from app.views import HomePage, Problem

router = APIRouter(tags=["chats"])

NAME_LIMIT = 80
NO_CHATS = ChatPage(items=[], next=None)


@router.get(
    "/",
    summary="Your name, your chats, a new chat",
    response_class=HTMLResponse,
    dependencies=WITH_COOKIE,
    responses=pages(422, 503),
)
async def show_home(
    request: Request, services: Ask, before: Annotated[UUID | None, Query()] = None
) -> HTMLResponse:
    """The session's chats, newest first; `before` pages back."""
    page = await _home(request, services, before)
    return services.templates.page("home.html", page)


@router.post(
    "/chats",
    summary="Return to the newest chat under a name, or start one",
    status_code=303,
    response_class=RedirectResponse,
    dependencies=WITH_COOKIE,
    responses=pages(403, 413, 422, 503),
    openapi_extra=form_body(
        username="Your name, 1 to 80 characters", new="If not empty, always start a new chat"
    ),
)
async def open_chat(request: Request, services: Ask) -> Response:
    """Redirects to the chat. The session begins here, when a name is first given."""
    form = await read_form(request, services.settings.message_limit)
    username = read_text(form, "username").strip()
    try:
        _check_name(username)
    except InvalidInput as error:
        page = await _home(request, services, None, username, Problem.of(error))
        return services.templates.page("home.html", page, error.status)
    chat = await _find_or_create(request, services, username, new=bool(form.get("new")))
    return RedirectResponse(f"/chats/{chat}", 303)


@router.get("/chats", include_in_schema=False)
async def leave_chats() -> RedirectResponse:
    """A reload after a failed POST arrives here as a GET."""
    return RedirectResponse("/", 303)


def _check_name(username: str) -> None:
    kinds = {unicodedata.category(character) for character in username}
    if all(kind[0] in "CZ" for kind in kinds):  # controls, format marks, spaces: nothing to see
        raise InvalidInput("name-missing")
    if len(username) > NAME_LIMIT:
        raise InvalidInput("name-too-long", size=len(username), limit=NAME_LIMIT)
    if "Cc" in kinds:
        raise InvalidInput("name-with-controls")


async def _home(
    request: Request,
    services: Services,
    before: UUID | None,
    username: str | None = None,
    problem: Problem | None = None,
) -> HomePage:
    session = find_session(request)
    if session is None:
        return HomePage(NO_CHATS, username or "", problem=problem)
    try:
        await renew_session(request, services.sessions, session)
        current, chats = await asyncio.gather(
            services.sessions.current(session), services.chats.list_newest(session, before=before)
        )
    except SessionEnded as error:
        forget_session(request)
        return HomePage(NO_CHATS, username or "", problem=problem or Problem.of(error))
    if username is None:
        username = chats.items[0].username if chats.items else ""
    return HomePage(chats, username, current.expires_at, problem, first=before is None)


async def _find_or_create(
    request: Request, services: Services, username: str, *, new: bool
) -> UUID:
    session = find_session(request)
    try:
        session = session or await open_session(request, services.sessions)
        return await _chat_under(services, session, username, new=new)
    except SessionEnded:
        session = await open_session(request, services.sessions)
        return await _chat_under(services, session, username, new=new)


async def _chat_under(services: Services, session: UUID, username: str, *, new: bool) -> UUID:
    if not new:
        found = await services.chats.list_newest(session, username=username, limit=1)
        if found.items:
            return found.items[0].id
    settings = services.settings
    chat = await services.chats.create(
        session, username, settings.system_prompt, settings.opening_message
    )
    return chat.id
