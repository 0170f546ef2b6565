"""Turns exceptions into pages, in one place; scripts that ask for a fragment get a fragment."""

import logging
import re
from uuid import UUID

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from app.api.errors import ApiError, find_invalid, write_error
from app.api.paths import is_api
from app.api.words import MESSAGES
from app.errors import NotFound, ParleyError, SessionEnded, Unavailable
from app.htmx import is_script
from app.loading import find_deleted_if_possible, load_chats_if_possible
from app.security import HEADERS
from app.sessions import find_session, forget_session
from app.templating import Templates
from app.views.problems import ErrorPage, Problem

CHAT = re.compile(r"^/(?:chats|generate)/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:/|$)")
DOCUMENT = re.compile(r"^/documents/[0-9a-f-]{36}(?:/|$)")

log = logging.getLogger(__name__)


def add_error_handlers(app: FastAPI, templates: Templates) -> None:
    """Registers a handler for every way in which a request can fail."""

    async def show(
        request: Request, problem: Problem, status: int, refresh: bool = False
    ) -> Response:
        headers = {"Retry-After": "2"} if status == 503 else problem.headers
        services = request.app.state.services
        # A fault is shown outside all middleware, where no session is known.
        session = find_session(request) if status < 500 else None
        found = CHAT.match(request.url.path)
        back = found if status in (409, 429) else None
        if status == 404 and found and found[0] == request.url.path:
            problem = Problem("chat-not-found")
        if status == 404 and DOCUMENT.match(request.url.path):
            problem = Problem("document-gone")
            back = CHAT.match(f"/chats/{request.query_params.get('chat')}")  # that quoted it
        page = ErrorPage(
            problem,
            refresh=refresh and request.method == "GET",
            chat=back[1] if back else None,
            chats=await load_chats_if_possible(services, session),
            deleted=await find_deleted_if_possible(services, session, UUID(found[1]))
            if found and status == 404
            else None,
        )
        template = "_refused.html" if is_script(request) else "error.html"
        return templates.page(template, page, status, headers)

    @app.exception_handler(ParleyError)
    async def show_problem(request: Request, error: ParleyError) -> Response:
        if is_api(request.url.path):
            return write_error(error)
        if isinstance(error, SessionEnded):
            forget_session(request)
        refresh = isinstance(error, Unavailable)
        problem = Problem.of(error)
        if refresh and request.method == "POST" and not is_script(request):
            problem = Problem("form-unavailable")
        return await show(request, problem, error.status, refresh)

    @app.exception_handler(RequestValidationError)
    async def show_malformed(request: Request, error: RequestValidationError) -> Response:
        # A malformed id in a link is, to a person, a page that isn't there.
        in_path = any(item["loc"][0] == "path" for item in error.errors())
        if is_api(request.url.path):
            return write_error(NotFound() if in_path else find_invalid(error))
        kind, status = ("not-found", 404) if in_path else ("invalid-input", 422)
        return await show(request, Problem(kind), status)

    @app.exception_handler(HTTPException)
    async def show_http_error(request: Request, error: HTTPException) -> Response:
        if is_api(request.url.path):
            said = {404: "not-found", 405: "wrong-method"}.get(error.status_code, "")
            message = MESSAGES.get(said, "The request can't be read.")
            return write_error(ApiError(error.status_code, message))
        if error.status_code == 405 and request.method == "GET":
            # A reload after a form that failed: back to where it was.
            found = CHAT.match(request.url.path)
            return RedirectResponse(f"/chats/{found[1]}" if found else "/", 303)
        kinds = {400: "invalid-input", 404: "not-found", 405: "wrong-method"}
        response = await show(
            request, Problem(kinds.get(error.status_code, "internal")), error.status_code
        )
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(Exception)
    async def show_internal(request: Request, error: Exception) -> Response:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        if is_api(request.url.path):
            return write_error(error)
        response = await show(request, Problem("internal"), 500)
        # This one handler runs outside all middleware.
        response.headers.update(HEADERS)
        return response
