"""One message: all that is known about it, its other versions, and its deletion."""

import asyncio
from itertools import dropwhile
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from app.errors import InvalidInput
from app.forms import Form, read_id
from app.htmx import is_script
from app.loading import load_chats
from app.openapi import FRAGMENT, WITH_COOKIE, form_body, pages
from app.services import AppServices
from app.sessions import Session
from app.views.messages import BranchView, view_messages
from app.views.pages import MessageDetails

router = APIRouter(prefix="/chats/{chat_id}", tags=["chats"], dependencies=WITH_COOKIE)

MOST_REPLACED = 200  # messages of the page in one answer; db-api reads no more at once


@router.post(
    "/head",
    summary="Show another version",
    status_code=303,
    response_class=RedirectResponse,
    responses={200: FRAGMENT, **pages(401, 403, 404, 422, 503)},
    openapi_extra=form_body(message="The id of a message; the newest branch through it is shown"),
)
async def show_version(
    request: Request, services: AppServices, session: Session, chat_id: UUID, form: Form
) -> Response:
    """Leads back to that message. A script gets it with all that follows, unless that is too much
    for one answer."""
    message = read_id(form, "message")
    if message is None:
        raise InvalidInput
    chat = await services.messages.show(session, chat_id, message)
    address = f"/chats/{chat_id}?at={message}#m-{message}"
    if not is_script(request):
        return RedirectResponse(address, 303)
    newest = (await services.messages.read(session, chat_id, limit=MOST_REPLACED)).items
    changed = list(dropwhile(lambda m: m.id != message, newest))
    if not changed:
        return Response(headers={"HX-Redirect": address})
    view = BranchView(await view_messages(changed), chat.context_start)
    return services.templates.page("_branch.html", view)


@router.get(
    "/messages/{message_id}",
    summary="All that is known about a message",
    response_class=HTMLResponse,
    responses={
        200: {"content": {"text/html": {}, "text/plain": {}}},
        **pages(401, 404, 422, 503),
    },
)
async def show_message(
    request: Request, services: AppServices, session: Session, chat_id: UUID, message_id: UUID
) -> Response:
    """As it was written, its times and tokens, its address, and a button that deletes it; or the
    bare text for those who `Accept: text/plain`, with the sources that it has."""
    chat, chats, page = await asyncio.gather(
        services.chats.get(session, chat_id),
        load_chats(services, session, chat_id),
        services.messages.read(session, chat_id, at=message_id, limit=3),
    )
    (message,) = (m for m in page.items if m.id == message_id)
    if request.headers.get("accept") == "text/plain":
        text = services.templates.render("_text.md", message=message)
        return PlainTextResponse(text, headers={"Cache-Control": "no-store"})
    return services.templates.page("message.html", MessageDetails(chat, chats, message))


@router.post(
    "/messages/{message_id}/delete",
    summary="Delete a message and everything below it",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 422, 503),
)
async def delete_message(
    services: AppServices, session: Session, chat_id: UUID, message_id: UUID
) -> RedirectResponse:
    """For good: every version below it goes, too."""
    await services.messages.remove(session, chat_id, message_id)
    return RedirectResponse(f"/chats/{chat_id}#end", 303)
