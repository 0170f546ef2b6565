"""Home: a name on the first visit, from then on a form that begins a chat."""

import contextlib
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.errors import InvalidInput, SessionEnded, TooMuch
from app.forms import Form, read_text
from app.loading import load_home, load_name_limit
from app.new_chats import begin_chat
from app.openapi import WITH_COOKIE, form_body, pages
from app.sending import send
from app.services import AppServices, Services
from app.sessions import find_session, forget_session, name_session, renew_session
from app.views.pages import WelcomePage
from app.views.problems import Problem

router = APIRouter(tags=["chats"], dependencies=WITH_COOKIE)


@router.get(
    "/",
    summary="Begin a chat",
    response_class=HTMLResponse,
    dependencies=WITH_COOKIE,
    responses=pages(422, 503),
)
async def show_home(
    request: Request,
    services: AppServices,
    deleted: Annotated[UUID | None, Query()] = None,
    stay: bool = False,
    left: str = "",
) -> HTMLResponse:
    """A form for the first message, beside the list of chats; whoever has no session yet is asked
    for a name. `deleted` is a chat to restore; with `stay` that leads back here. `left` is how a
    session has just ended: `deleted` or `signed-out`."""
    session = find_session(request)
    if session is None:
        return await _welcome(services, left=left)
    try:
        await renew_session(request, services.sessions, session)
        page = await load_home(services, session, deleted=deleted, stay=stay)
    except SessionEnded as error:
        forget_session(request)
        return await _welcome(services, problem=Problem.of(error))
    return services.templates.page("home.html", page) if page.name else await _welcome(services)


@router.post(
    "/chats",
    summary="Begin a chat with a message; or return to the newest one under a name",
    status_code=303,
    response_class=RedirectResponse,
    dependencies=WITH_COOKIE,
    responses=pages(200, 401, 403, 409, 413, 422, 429, 503),
    openapi_extra=form_body(
        required=False,
        prompt="The chat's first message",
        client_key="Any short text, new for each chat: sent twice, it begins one",
        tool="The name of a tool that is called with the text, instead of the model",
        attach="If not empty, nothing is sent: the answer is a form for files, which keeps it",
        username="Without `prompt`: your name, one short line; left out: the one this session has",
        new="Without `prompt`: if not empty, always start a new chat",
    ),
)
async def open_chat(request: Request, services: AppServices, form: Form) -> Response:
    """Redirects to the chat. With `prompt` it is a new one, stored together with the message and
    its queued reply. Without, it is the newest under that name, or a new one in which nobody has
    written; the session begins here, when a name is first given."""
    if "prompt" in form:
        return await send(request, services, form)
    username = read_text(form, "username").strip()
    if "username" not in form:
        username = await _own_name(request, services)
    try:
        chat = await _find_or_create(request, services, username, new=bool(form.get("new")))
    except InvalidInput as error:
        return await _welcome(services, username, Problem.of(error), error.status)
    except TooMuch as error:
        if find_session(request):  # it is a chat that it may not have yet
            raise
        return await _welcome(services, username, Problem.of(error), error.status)
    return RedirectResponse(f"/chats/{chat}", 303)


async def _welcome(
    services: Services,
    username: str = "",
    problem: Problem | None = None,
    status: int = 200,
    left: str = "",
) -> HTMLResponse:
    page = WelcomePage(username, await load_name_limit(services), problem, left)
    headers = problem.headers if problem else {}
    return services.templates.page("welcome.html", page, status, headers)


async def _own_name(request: Request, services: Services) -> str:
    """The name this session goes by; empty if there is none, or no session."""
    session = find_session(request)
    if session is None:
        return ""
    with contextlib.suppress(SessionEnded):
        return (await services.sessions.current(session)).name or ""
    return ""


async def _find_or_create(
    request: Request, services: Services, username: str, *, new: bool
) -> UUID:
    session = await name_session(request, services.sessions, username)
    if not new:
        found = await services.chats.list_newest(session, username=username, limit=1, empty=True)
        if found.items:
            return found.items[0].id
    return await begin_chat(services, session, username)
