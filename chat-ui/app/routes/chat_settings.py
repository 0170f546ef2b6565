"""A chat's own settings: its title, how the model writes in it, and whether it is kept."""

import asyncio
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from app.errors import InvalidInput
from app.forms import read_form, read_text
from app.names import check_name
from app.routes.chats import load_chats
from app.routes.openapi import WITH_COOKIE, form_body, pages
from app.services import Ask, Services
from app.sessions import Session
from app.views.pages import ChatSettings
from app.views.problems import Problem

router = APIRouter(prefix="/chats/{chat_id}", tags=["chats"], dependencies=WITH_COOKIE)

PROMPT_LIMIT = 8000  # characters
MOST_TOKENS = 2048  # lm-api writes no more, whatever is asked
HOTTEST = 2


@router.get(
    "/settings",
    summary="A chat's settings",
    response_class=HTMLResponse,
    responses=pages(401, 404, 422, 503),
)
async def show_settings(services: Ask, session: Session, chat_id: UUID) -> HTMLResponse:
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
        title="1 to 80 characters",
        titled="If not empty, the title must not be",
        system_prompt="What the model is told before everything else",
        temperature="0 to 2; empty: the usual",
        reply_tokens="How long a reply may get, 1 to 2048 tokens; empty: the usual",
    ),
)
async def save_settings(
    request: Request, services: Ask, session: Session, chat_id: UUID
) -> Response:
    """Leads back to the chat. They count from the next reply on."""
    form = await read_form(request, services.settings.message_limit)
    try:
        await services.chats.change(session, chat_id, **_read_settings(form))
    except InvalidInput as error:
        page = await _load(services, session, chat_id, form, Problem.of(error))
        return services.templates.page("chat_settings.html", page, error.status)
    return RedirectResponse(f"/chats/{chat_id}", 303)


@router.post(
    "/pin",
    summary="Pin a chat to the top of the list, or let it go",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 422, 503),
    openapi_extra=form_body(pinned="If not empty, it is pinned"),
)
async def pin_chat(request: Request, services: Ask, session: Session, chat_id: UUID) -> Response:
    """Leads back to the chat."""
    form = await read_form(request, services.settings.message_limit)
    await services.chats.change(session, chat_id, pinned=bool(form.get("pinned")))
    return RedirectResponse(f"/chats/{chat_id}", 303)


@router.post(
    "/delete",
    summary="Delete a chat",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 422, 503),
)
async def delete_chat(services: Ask, session: Session, chat_id: UUID) -> RedirectResponse:
    """Leads home, where it can be brought back for a day."""
    await services.chats.remove(session, chat_id)
    return RedirectResponse(f"/?deleted={chat_id}", 303)


@router.post(
    "/restore",
    summary="Bring a deleted chat back",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 422, 503),
)
async def restore_chat(services: Ask, session: Session, chat_id: UUID) -> RedirectResponse:
    """Leads to the chat."""
    await services.chats.restore(session, chat_id)
    return RedirectResponse(f"/chats/{chat_id}", 303)


async def _load(
    services: Services,
    session: UUID,
    chat_id: UUID,
    form: FormData | None = None,
    problem: Problem | None = None,
) -> ChatSettings:
    """With what was typed, if that could not be taken."""
    chat, chats = await asyncio.gather(
        services.chats.get(session, chat_id), load_chats(services, session, chat_id)
    )
    kept = {name: getattr(chat, name) for name in FIELDS}
    typed = {name: "" if kept[name] is None else f"{kept[name]}" for name in FIELDS}
    if form is not None:
        typed = {name: read_text(form, name) for name in FIELDS}
    usual = services.settings
    return ChatSettings(
        chat,
        chats,
        **typed,
        usual_temperature=usual.temperature,
        usual_reply_tokens=usual.reply_tokens,
        problem=problem,
    )


FIELDS = ("title", "system_prompt", "temperature", "reply_tokens")


def _read_settings(form: FormData) -> dict[str, object]:
    """The fields as db-api takes them, or InvalidInput. Only a chat that never had a title, as it
    has no message yet, may go on without."""
    title, prompt = read_text(form, "title").strip(), read_text(form, "system_prompt")
    fields: dict[str, object] = {
        "system_prompt": prompt,
        "temperature": _read_number(form, "temperature", 0, HOTTEST),
        "reply_tokens": _read_number(form, "reply_tokens", 1, MOST_TOKENS, whole=True),
    }
    if len(prompt) > PROMPT_LIMIT:
        raise InvalidInput("system-prompt-too-long", size=len(prompt), limit=PROMPT_LIMIT)
    if title or form.get("titled"):
        check_name(title, "title")
        fields["title"] = title
    return fields


def _read_number(
    form: FormData, name: str, least: float, most: float, *, whole: bool = False
) -> float | None:
    text = read_text(form, name).strip().replace(",", ".")
    if not text:
        return None
    try:
        number = int(text) if whole else float(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise InvalidInput(
            f"{name.replace('_', '-')}-out-of-range", least=str(least), most=str(most)
        )
    return number
