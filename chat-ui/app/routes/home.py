"""Home: your name, your chats, a new chat."""

import asyncio
import contextlib
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.errors import InvalidInput, SessionEnded
from app.forms import Form, read_text
from app.loading import load_name_limit
from app.openapi import WITH_COOKIE, form_body, pages
from app.services import AppServices, Services
from app.sessions import find_session, forget_session, open_session, renew_session
from app.views.lists import NO_CHATS, view_chats
from app.views.pages import HomePage
from app.views.problems import Problem

router = APIRouter(tags=["chats"])


@router.get(
    "/",
    summary="Your name, your chats, a new chat",
    response_class=HTMLResponse,
    dependencies=WITH_COOKIE,
    responses=pages(422, 503),
)
async def show_home(
    request: Request,
    services: AppServices,
    before: str | None = None,
    deleted: Annotated[UUID | None, Query()] = None,
) -> HTMLResponse:
    """The session's chats, newest first; `before` pages back. `deleted` is one to restore."""
    page = await _home(request, services, before, deleted=deleted)
    return services.templates.page("home.html", page)


@router.post(
    "/chats",
    summary="Return to the newest chat under a name, or start one",
    status_code=303,
    response_class=RedirectResponse,
    dependencies=WITH_COOKIE,
    responses=pages(403, 413, 422, 503),
    openapi_extra=form_body(
        username="Your name, one short line; left out: the one this session goes by",
        new="If not empty, always start a new chat",
    ),
)
async def open_chat(request: Request, services: AppServices, form: Form) -> Response:
    """Redirects to the chat. The session begins here, when a name is first given."""
    username = read_text(form, "username").strip()
    if "username" not in form:  # New chat, beside another one
        username = await _own_name(request, services)
    try:
        chat = await _find_or_create(request, services, username, new=bool(form.get("new")))
    except InvalidInput as error:
        page = await _home(request, services, None, username, Problem.of(error))
        return services.templates.page("home.html", page, error.status)
    return RedirectResponse(f"/chats/{chat}", 303)


async def _own_name(request: Request, services: Services) -> str:
    """The name this session goes by; empty if there is none, or no session."""
    session = find_session(request)
    if session is None:
        return ""
    with contextlib.suppress(SessionEnded):
        return (await services.sessions.current(session)).name or ""
    return ""


async def _home(
    request: Request,
    services: Services,
    before: str | None,
    username: str | None = None,
    problem: Problem | None = None,
    deleted: UUID | None = None,
) -> HomePage:
    name_limit = await load_name_limit(services)
    empty = HomePage(view_chats(NO_CHATS), username or "", problem=problem, name_limit=name_limit)
    session = find_session(request)
    if session is None:
        return empty
    try:
        await renew_session(request, services.sessions, session)
        current, chats = await asyncio.gather(
            services.sessions.current(session), services.chats.list_newest(session, before=before)
        )
    except SessionEnded as error:
        forget_session(request)
        return replace(empty, problem=problem or Problem.of(error))
    if username is None:
        username = current.name or ""
    undo = None
    if deleted:
        gone = await services.chats.list_deleted(session)
        undo = next((chat for chat in gone if chat.id == deleted), None)
    return HomePage(
        view_chats(chats),
        username,
        current.expires_at,
        problem,
        first=before is None,
        deleted=undo,
        name_limit=name_limit,
    )


async def _find_or_create(
    request: Request, services: Services, username: str, *, new: bool
) -> UUID:
    session = find_session(request)
    try:
        if session is None:
            session = await open_session(request, services.sessions, username)
        else:
            await services.sessions.rename(session, username)
        return await _chat_under(services, session, username, new=new)
    except SessionEnded:
        session = await open_session(request, services.sessions, username)
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
