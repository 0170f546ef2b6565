"""The list of chats, and what can be done with a chat from there: rename, pin, delete, restore."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from app.forms import Form, read_id, read_text
from app.htmx import is_script
from app.loading import LIST_SIZE, load_chats
from app.openapi import WITH_COOKIE, form_body, pages
from app.services import AppServices, Services
from app.sessions import Session
from app.views.pages import ChatsPage

router = APIRouter(prefix="/chats", tags=["chats"], dependencies=WITH_COOKIE)

OPEN = "The chat that is open, to be led back to; empty: none; left out: this one"


@router.get(
    "",
    summary="The list of chats",
    response_class=HTMLResponse,
    responses={
        204: {"description": "For scripts: the list is still the one `known`."},
        **pages(401, 404, 422, 503),
    },
)
async def show_chats(
    request: Request,
    services: AppServices,
    session: Session,
    before: str | None = None,
    current: UUID | Literal[""] = "",
    known: str = "",
) -> Response:
    """A page of it; `before` pages back. For scripts (`HX-Request: true`) the list beside a page,
    unless it is still the version `known`; `current` is the chat that is open there."""
    if not is_script(request):
        chats = await load_chats(services, session, before=before)
        return services.templates.page("chats.html", ChatsPage(chats, first=before is None))
    chats = await load_chats(services, session, current or None)
    if chats.version == known:
        return Response(status_code=204)
    return HTMLResponse(services.templates.render("_chats.html", chats=chats))


@router.post(
    "/{chat_id}/rename",
    summary="Rename a chat",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 413, 422, 503),
    openapi_extra=form_body(title="One short line", current=OPEN),
)
async def rename_chat(
    services: AppServices, session: Session, chat_id: UUID, form: Form
) -> RedirectResponse:
    """Leads back to the chat that is open."""
    await services.chats.change(session, chat_id, title=read_text(form, "title"))
    return _lead_back(form, chat_id)


@router.post(
    "/{chat_id}/pin",
    summary="Pin a chat to the top of the list, or let it go",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 422, 503),
    openapi_extra=form_body(pinned="If not empty, it is pinned", current=OPEN),
)
async def pin_chat(
    services: AppServices, session: Session, chat_id: UUID, form: Form
) -> RedirectResponse:
    """Leads back to the chat that is open."""
    await services.chats.change(session, chat_id, pinned=bool(form.get("pinned")))
    return _lead_back(form, chat_id)


@router.post(
    "/{chat_id}/delete",
    summary="Delete a chat",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 422, 503),
    openapi_extra=form_body(required=False, current=OPEN),
)
async def delete_chat(
    services: AppServices, session: Session, chat_id: UUID, form: Form
) -> RedirectResponse:
    """Leads back to the chat that is open, or to the next one in the list if it was this; where it
    leads, the deletion can be undone. It can be for a day. Undone, it leads to where one was."""
    shown, stay = _find_open(form, chat_id), "&stay=1"
    if shown == chat_id:
        shown, stay = await _find_next(services, session, chat_id), ""
    await services.chats.remove(session, chat_id)
    return RedirectResponse(f"{_address(shown)}?deleted={chat_id}{stay}", 303)


@router.post(
    "/{chat_id}/restore",
    summary="Restore a deleted chat",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 422, 503),
    openapi_extra=form_body(required=False, current=OPEN),
)
async def restore_chat(
    services: AppServices, session: Session, chat_id: UUID, form: Form
) -> RedirectResponse:
    """Leads back to the chat that is open."""
    await services.chats.restore(session, chat_id)
    return _lead_back(form, chat_id)


def _find_open(form: FormData, chat_id: UUID) -> UUID | None:
    return read_id(form, "current") if "current" in form else chat_id


def _lead_back(form: FormData, chat_id: UUID) -> RedirectResponse:
    return RedirectResponse(_address(_find_open(form, chat_id)), 303)


def _address(chat_id: UUID | None) -> str:
    return f"/chats/{chat_id}" if chat_id else "/"


async def _find_next(services: Services, session: UUID, chat_id: UUID) -> UUID | None:
    """The chat below it in the list beside a page, or the one above it; None if there is none."""
    listed = (await services.chats.list_newest(session, limit=LIST_SIZE)).items
    ids = [chat.id for chat in listed]
    if chat_id not in ids:
        return None
    place = ids.index(chat_id)
    return next(iter(ids[place + 1 :] + ids[:place][::-1]), None)
