"""A chat's own settings: its title, and how the model writes in it."""

import asyncio
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from app.errors import InvalidInput
from app.forms import Form, read_text
from app.loading import load_chats
from app.model_settings import MODEL_SETTINGS, ModelSettings, read_model_settings
from app.openapi import WITH_COOKIE, form_body, pages
from app.services import AppServices, Services
from app.sessions import Session
from app.settings import Settings
from app.views.pages import ChatSettings
from app.views.problems import Problem

router = APIRouter(prefix="/chats/{chat_id}", tags=["chats"], dependencies=WITH_COOKIE)


@router.get(
    "/settings",
    summary="A chat's settings",
    response_class=HTMLResponse,
    responses=pages(401, 404, 422, 503),
)
async def show_settings(services: AppServices, session: Session, chat_id: UUID) -> HTMLResponse:
    """As they are."""
    page = await _load(services, session, chat_id)
    return services.templates.page("chat_settings.html", page)


@router.post(
    "/settings",
    summary="Change a chat's settings",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 413, 422, 503),
    openapi_extra=form_body(
        required=True,
        title="One short line",
        titled="If not empty, the title must not be",
        **MODEL_SETTINGS,
    ),
)
async def save_settings(
    services: AppServices, session: Session, chat_id: UUID, form: Form
) -> Response:
    """Leads back to the chat. They count from the next reply on."""
    try:
        await services.chats.change(session, chat_id, **_read_settings(form, services.settings))
    except InvalidInput as error:
        page = await _load(services, session, chat_id, form, Problem.of(error))
        return services.templates.page("chat_settings.html", page, error.status)
    return RedirectResponse(f"/chats/{chat_id}", 303)


async def _load(
    services: Services,
    session: UUID,
    chat_id: UUID,
    form: FormData | None = None,
    problem: Problem | None = None,
) -> ChatSettings:
    """With what was typed, if that could not be taken."""
    chat, chats, limits = await asyncio.gather(
        services.chats.get(session, chat_id),
        load_chats(services, session, chat_id),
        services.limits.get(),
    )
    title = chat.title or "" if form is None else read_text(form, "title")
    fields = ModelSettings.of(chat, form, services.settings, limits)
    return ChatSettings(chat, chats, title, fields, problem)


def _read_settings(form: FormData, usual: Settings) -> dict[str, object]:
    """The fields as db-api takes them. Only a chat that never had a title, as it has no message
    yet, may be left without."""
    title = read_text(form, "title").strip()
    fields = read_model_settings(form, usual)
    if title or form.get("titled"):
        fields["title"] = title
    return fields
