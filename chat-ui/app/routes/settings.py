"""What holds for a person in this browser: a name, a theme, what new chats begin with, and the end
of the session or of all data."""

import asyncio
from dataclasses import replace
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from app import preferences
from app.errors import InvalidInput, SessionEnded, TooMuch
from app.forms import Form, read_text
from app.loading import load_chats, load_name_limit
from app.model_settings import MODEL_SETTINGS, ModelSettings, read_model_settings
from app.openapi import WITH_COOKIE, form_body, pages
from app.preferences import Preferences, read_theme
from app.services import AppServices, Services
from app.sessions import Session, find_session, forget_session, name_session
from app.views.lists import NO_CHATS, view_chats
from app.views.pages import SettingsPage
from app.views.problems import Problem

router = APIRouter(prefix="/settings", tags=["settings"], dependencies=WITH_COOKIE)


@router.get("", summary="Settings", response_class=HTMLResponse, responses=pages(401, 422, 503))
async def show_settings(request: Request, services: AppServices, saved: str = "") -> HTMLResponse:
    """As they are, also for who has not given a name yet."""
    try:
        page = await _load(services, find_session(request), saved=bool(saved))
    except SessionEnded:
        forget_session(request)
        page = await _load(services, None)
    return services.templates.page("settings.html", page)


@router.post(
    "",
    summary="Change settings",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 413, 422, 503),
    openapi_extra=form_body(
        required=False,
        name="Your name, one short line; may be empty as long as there is no session",
        theme="system, light or dark",
        keys="If not empty, single letters are shortcuts",
        **MODEL_SETTINGS,
    ),
)
async def save_settings(request: Request, services: AppServices, form: Form) -> Response:
    """All of them or, if one can't be taken, none. The theme and the keys are this browser's own;
    the name and the model settings count for new chats. Who has no session may give a name, which
    begins one, or leave it out."""
    session = find_session(request)
    theme, zone = read_theme(read_text(form, "theme")), preferences.current().zone
    chosen = Preferences(theme, keys=bool(form.get("keys")), zone=zone)
    try:
        await _save(request, services, session, form)
    except (InvalidInput, TooMuch) as error:
        problem = Problem.of(error)
        page = replace(await _load(services, session, form, problem), chosen=chosen)
        return services.templates.page("settings.html", page, error.status, problem.headers)
    response = RedirectResponse("/settings?saved=1", 303)
    chosen.save(response)
    return response


@router.post(
    "/forget",
    summary="Delete all my data",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 422, 503),
    openapi_extra=form_body(sure="Must not be empty"),
)
async def delete_all(
    request: Request, services: AppServices, session: Session, form: Form
) -> Response:
    """Deletes all chats of this session, for good, and the session itself."""
    if not form.get("sure"):
        page = await _load(services, session, problem=Problem("not-sure"))
        return services.templates.page("settings.html", page, 422)
    await services.sessions.delete(session)
    await services.prompts.erase()
    return _leave(request, "deleted")


@router.post(
    "/sign-out",
    summary="Sign out here",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 422, 503),
    openapi_extra=form_body(sure="Must not be empty"),
)
async def sign_out(
    request: Request, services: AppServices, session: Session, form: Form
) -> Response:
    """Ends this session, also for whoever has a copy of its cookie. Nobody can open its chats any
    more; a day later they are deleted for good."""
    if not form.get("sure"):
        page = await _load(services, session, problem=Problem("not-signed-out"))
        return services.templates.page("settings.html", page, 422)
    await services.sessions.end(session)
    return _leave(request, "signed-out")


def _leave(request: Request, left: str) -> Response:
    forget_session(request)
    # Drafts and the like are this browser's own; browsers clear them over https and on localhost.
    return RedirectResponse(f"/?left={left}", 303, {"Clear-Site-Data": '"storage"'})


async def _save(request: Request, services: Services, session: UUID | None, form: FormData) -> None:
    name = read_text(form, "name").strip()
    fields = read_model_settings(form, services.settings)
    if fields.get("system_prompt") == services.settings.system_prompt:
        fields["system_prompt"] = None  # the default, also when that changes
    if session or name:
        await name_session(request, services.sessions, name, **fields)


async def _load(
    services: Services,
    session: UUID | None,
    form: FormData | None = None,
    problem: Problem | None = None,
    *,
    saved: bool = False,
) -> SettingsPage:
    """With what was typed, if that could not be taken."""
    typed = None if form is None else read_text(form, "name")
    if session is None:
        empty, limit = view_chats(NO_CHATS), await load_name_limit(services)
        return SettingsPage(empty, typed or "", problem=problem, saved=saved, name_limit=limit)
    current, chats, deleted, limits = await asyncio.gather(
        services.sessions.current(session),
        load_chats(services, session),
        services.chats.list_deleted(session),
        services.limits.get(),
    )
    return SettingsPage(
        chats,
        current.name or "" if typed is None else typed,
        current.expires_at,
        deleted,
        problem,
        saved,
        name_limit=limits.name_characters,
        fields=ModelSettings.of(current, form, services.settings, limits),
    )
