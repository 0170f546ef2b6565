"""The messages of one's own chats: read, sent, deleted; and which version of them is shown."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from app.api.body import read_model
from app.api.caller import Caller, Chatter, Reader
from app.api.openapi import errors, model_body
from app.api.own.bodies import NewChat, NewMessage, ShownMessage
from app.api.own.replies import STREAM, answer, check_streams, find_key, find_message
from app.api.own.resources import OwnMessages, OwnSent
from app.api.paths import OWN
from app.exports.format import ExportedChat, ExportedMessage
from app.new_chats import begin_chat
from app.sending import store_message
from app.services import AppServices, Services
from app.views.messages import Composer

router = APIRouter(prefix=f"{OWN}/chats", tags=["Own chats"])


@router.post(
    "",
    summary="Begin a chat",
    status_code=201,
    response_model=OwnSent,
    responses={**STREAM, **errors(400, 401, 403, 413, 422, 429, 503)},
    openapi_extra=model_body(NewChat),
)
async def begin(request: Request, caller: Chatter, services: AppServices) -> Response | OwnSent:
    """With a message, whose reply is queued; or empty, for documents to be added first."""
    asked = await read_model(request, services, NewChat)
    if asked.prompt is None:
        return OwnSent.empty(await begin_chat(services, caller.session))
    new = NewMessage(**asked.model_dump())
    return await _send(request, services, caller, new, None)


@router.get(
    "/{chat_id}/messages", summary="Read messages", responses=errors(400, 401, 403, 404, 503)
)
async def read_messages(
    chat_id: UUID,
    caller: Reader,
    services: AppServices,
    before: Annotated[UUID | None, Query(description="`earlier` of the page before.")] = None,
    at: Annotated[
        UUID | None, Query(description="A message of any branch, to have in the middle.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> OwnMessages:
    """The newest of the branch that the chat shows. All branches are in the export."""
    page = await services.messages.read(caller.session, chat_id, before=before, at=at, limit=limit)
    return OwnMessages.of(page)


@router.post(
    "/{chat_id}/messages",
    summary="Send a message",
    status_code=201,
    response_model=OwnSent,
    responses={**STREAM, **errors(400, 401, 403, 404, 409, 413, 422, 429, 503)},
    openapi_extra=model_body(NewMessage),
)
async def send_message(
    request: Request, chat_id: UUID, caller: Chatter, services: AppServices
) -> Response:
    """Stored with its queued reply, once for each `client_key`."""
    asked = await read_model(request, services, NewMessage)
    return await _send(request, services, caller, asked, chat_id)


@router.get(
    "/{chat_id}/messages/{message_id}",
    summary="Read a message",
    responses=errors(401, 403, 404, 503),
)
async def read_message(
    chat_id: UUID, message_id: UUID, caller: Reader, services: AppServices
) -> ExportedMessage:
    """Of any branch."""
    return ExportedMessage.of(await find_message(services, caller, chat_id, message_id))


@router.delete(
    "/{chat_id}/messages/{message_id}",
    summary="Delete a message and everything below it",
    responses=errors(401, 403, 404, 503),
)
async def delete_message(
    chat_id: UUID, message_id: UUID, caller: Chatter, services: AppServices
) -> ExportedChat:
    """For good: every version below it goes, too."""
    chat = await services.messages.remove(caller.session, chat_id, message_id)
    return ExportedChat.model_validate(chat.model_dump())


@router.put(
    "/{chat_id}/head",
    summary="Show another version",
    responses=errors(400, 401, 403, 404, 413, 503),
    openapi_extra=model_body(ShownMessage),
)
async def show_version(
    request: Request, chat_id: UUID, caller: Chatter, services: AppServices
) -> ExportedChat:
    """The newest branch through a message: pages show it, and the next message continues it."""
    asked = await read_model(request, services, ShownMessage)
    chat = await services.messages.show(caller.session, chat_id, asked.message_id)
    return ExportedChat.model_validate(chat.model_dump())


async def _send(
    request: Request, services: Services, caller: Caller, asked: NewMessage, chat_id: UUID | None
) -> Response:
    await check_streams(services, caller, asked)
    composer = Composer(
        asked.prompt,
        client_key=find_key(request, asked),
        replaces=asked.replaces,
        seen=asked.seen,
        mode=asked.mode,
        ticked=asked.pictures,
    )
    sent = await store_message(services, caller.session, chat_id, composer)
    return await answer(request, services, caller, asked, sent, 201)
