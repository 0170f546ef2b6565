"""A message's versions, what is known about it, and the end of everything below it."""

import asyncio
from uuid import UUID, uuid4

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from app.errors import InvalidInput, NotFound
from app.forms import read_form, read_id, read_text
from app.routes.chats import load_chats
from app.routes.messages import begin_reply
from app.routes.openapi import WITH_COOKIE, form_body, pages
from app.services import Ask, Services
from app.sessions import Session
from app.views.pages import MessageDetails

router = APIRouter(prefix="/chats/{chat_id}", tags=["chats"], dependencies=WITH_COOKIE)

KEY = "Any text of up to 64 characters: sent twice, it asks once"


@router.post(
    "/head",
    summary="Show another version",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 422, 503),
    openapi_extra=form_body(message="The id of a message; the newest branch through it is shown"),
)
async def show_version(
    request: Request, services: Ask, session: Session, chat_id: UUID
) -> Response:
    """Leads back to that message."""
    form = await read_form(request, services.settings.message_limit)
    message = read_id(form, "message")
    if message is None:
        raise InvalidInput
    await services.messages.show(session, chat_id, message)
    return RedirectResponse(f"/chats/{chat_id}?at={message}#m-{message}", 303)


@router.post(
    "/replies/{reply_id}/again",
    summary="Have a reply written anew",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 409, 422, 429, 503),
    openapi_extra=form_body(key=KEY),
)
async def reply_again(
    request: Request, services: Ask, session: Session, chat_id: UUID, reply_id: UUID
) -> Response:
    """The first one stays, as another version."""
    return await _reply(request, services, session, chat_id, reply_id, go_on=False)


@router.post(
    "/replies/{reply_id}/continue",
    summary="Have a reply continued",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 409, 422, 429, 503),
    openapi_extra=form_body(key=KEY),
)
async def continue_reply(
    request: Request, services: Ask, session: Session, chat_id: UUID, reply_id: UUID
) -> Response:
    """One that was stopped, failed or cut off goes on in a new version."""
    return await _reply(request, services, session, chat_id, reply_id, go_on=True)


async def _reply(
    request: Request,
    services: Services,
    session: UUID,
    chat_id: UUID,
    reply_id: UUID,
    *,
    go_on: bool,
) -> Response:
    form = await read_form(request, services.settings.message_limit)
    key = read_text(form, "key") or request.headers.get("x-request-id", "") or uuid4().hex
    key = key[:64]
    worker = services.runner.worker if services.runner else None
    sent = await services.messages.reply_again(session, chat_id, reply_id, key, worker, go_on=go_on)
    begin_reply(services, sent)
    return RedirectResponse(f"/chats/{chat_id}#end", 303)


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
    request: Request, services: Ask, session: Session, chat_id: UUID, message_id: UUID
) -> Response:
    """As it was written, its times and tokens, its address, and a button that deletes it; or the
    bare text for those who `Accept: text/plain`."""
    chat, chats, page = await asyncio.gather(
        services.chats.get(session, chat_id),
        load_chats(services, session, chat_id),
        services.messages.read(session, chat_id, at=message_id, limit=3),
    )
    message = next((m for m in page.items if m.id == message_id), None)
    if message is None:
        raise NotFound
    if request.headers.get("accept") == "text/plain":
        return PlainTextResponse(message.content, headers={"Cache-Control": "no-store"})
    return services.templates.page("message.html", MessageDetails(chat, chats, message))


@router.post(
    "/messages/{message_id}/delete",
    summary="Delete a message and everything below it",
    status_code=303,
    response_class=RedirectResponse,
    responses=pages(401, 403, 404, 422, 503),
)
async def delete_message(
    services: Ask, session: Session, chat_id: UUID, message_id: UUID
) -> RedirectResponse:
    """For good: every version below it goes, too."""
    await services.messages.remove(session, chat_id, message_id)
    return RedirectResponse(f"/chats/{chat_id}#end", 303)
