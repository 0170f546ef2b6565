"""What holds for a person in this browser: a name, a theme, and the deletion of all data."""

import asyncio
from dataclasses import replace
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from app import preferences
from app.errors import InvalidInput, SessionEnded
from app.forms import Form, read_text
from app.loading import load_chats, load_name_limit
from app.model_settings import ModelSettings, read_model_settings
from app.openapi import WITH_COOKIE, form_body, pages
from app.preferences import Preferences, read_theme
from app.services import AppServices, Services
from app.sessions import Session, find_session, forget_session, open_session
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
    ),
)
async def save_settings(request: Request, services: AppServices, form: Form) -> Response:
    """The name counts for new chats; the rest is this browser's own. Who has no session may give
    a name, which begins one, or leave it out."""
    session, name = find_session(request), read_text(form, "name").strip()
    theme, zone = read_theme(read_text(form, "theme")), preferences.current().zone
    chosen = Preferences(theme, keys=bool(form.get("keys")), zone=zone)
    try:
        await _save_name(request, services, session, name)
    except InvalidInput as error:
        page = replace(await _load(services, session, name, Problem.of(error)), chosen=chosen)
        return services.templates.page("settings.html", page, error.status)
    response = RedirectResponse("/settings?saved=1", 303)
    chosen.save(response)
    return response


@router.post(
    "/new-chats",
    summary="Change what new chats begin with",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 413, 422, 503),
    openapi_extra=form_body(
        required=False,
        system_prompt="What the model is told before everything else; empty: the default",
        temperature="Empty: the default",
        reply_tokens="How long a reply may get, in tokens; empty: the default",
        turns="How many turns stay in the prompt; empty: all that fit",
    ),
)
async def save_new_chats(
    request: Request, services: AppServices, session: Session, form: Form
) -> Response:
    """Chats that exist keep their own settings."""
    fields = read_model_settings(form)
    try:
        await services.sessions.change(
            session, **fields | {"system_prompt": fields["system_prompt"] or None}
        )
    except InvalidInput as error:
        page = await _load(services, session, problem=Problem.of(error), form=form)
        return services.templates.page("settings.html", page, error.status)
    return RedirectResponse("/settings?saved=1", 303)


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
    forget_session(request)
    # Drafts and the like are this browser's own; browsers clear them over https and on localhost.
    return RedirectResponse("/", 303, {"Clear-Site-Data": '"storage"'})


async def _save_name(request: Request, services: Services, session: UUID | None, name: str) -> None:
    if session is None and not name:
        return
    try:
        if session:
            await services.sessions.rename(session, name)
            return
    except SessionEnded:
        pass
    await open_session(request, services.sessions, name)


async def _load(
    services: Services,
    session: UUID | None,
    name: str | None = None,
    problem: Problem | None = None,
    form: FormData | None = None,
    *,
    saved: bool = False,
) -> SettingsPage:
    if session is None:
        empty, limit = view_chats(NO_CHATS), await load_name_limit(services)
        return SettingsPage(empty, name or "", problem=problem, saved=saved, name_limit=limit)
    current, chats, deleted, limits = await asyncio.gather(
        services.sessions.current(session),
        load_chats(services, session),
        services.chats.list_deleted(session),
        services.limits.get(),
    )
    return SettingsPage(
        chats,
        current.name or "" if name is None else name,
        current.expires_at,
        deleted,
        problem,
        saved,
        name_limit=limits.name_characters,
        fields=ModelSettings.of(current, form, services.settings, limits),
    )
