"""One's own chats: listed, read, changed, deleted, restored, exported."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse

from app.api.body import read_model
from app.api.caller import Chatter, Reader
from app.api.fields import refuse
from app.api.openapi import errors, model_body
from app.api.own.bodies import ChatChanges
from app.api.own.resources import OwnChats, OwnDeletedChat, OwnDeletedChats
from app.api.paths import OWN
from app.errors import InvalidInput
from app.exports.files import Kind, export_all, export_chat
from app.exports.format import ExportedChat
from app.services import AppServices

router = APIRouter(prefix=OWN, tags=["Own chats"])

FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {}, "text/markdown": {}}}
}
Format = Annotated[Kind, Query(alias="format", description="Of the file.")]


@router.get("/chats", summary="List chats", responses=errors(400, 401, 403, 503))
async def list_chats(
    caller: Reader,
    services: AppServices,
    before: Annotated[str | None, Query(description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    empty: Annotated[bool, Query(description="Also those in which nobody has written.")] = False,
) -> OwnChats:
    """The pinned ones first, then those written to last."""
    chats = services.chats
    try:
        found = await chats.list_newest(caller.session, before=before, limit=limit, empty=empty)
    except InvalidInput:
        refuse("before", "is `next` of the page before")
    return OwnChats.of(found)


@router.get("/chats/deleted", summary="List deleted chats", responses=errors(401, 403, 503))
async def list_deleted(caller: Reader, services: AppServices) -> OwnDeletedChats:
    """Those that can be restored."""
    found = await services.chats.list_deleted(caller.session)
    return OwnDeletedChats(items=[OwnDeletedChat.of(chat) for chat in found])


@router.get("/chats/{chat_id}", summary="Read a chat", responses=errors(401, 403, 404, 503))
async def read_chat(chat_id: UUID, caller: Reader, services: AppServices) -> ExportedChat:
    """Without its messages."""
    chat = await services.chats.get(caller.session, chat_id)
    return ExportedChat.model_validate(chat.model_dump())


@router.patch(
    "/chats/{chat_id}",
    summary="Change a chat",
    responses=errors(400, 401, 403, 404, 413, 503),
    openapi_extra=model_body(ChatChanges),
)
async def change_chat(
    request: Request, chat_id: UUID, caller: Chatter, services: AppServices
) -> ExportedChat:
    """Rename it, pin it, or have its replies written otherwise from the next one on."""
    asked = await read_model(request, services, ChatChanges)
    fields = asked.model_dump(exclude_unset=True)
    chat = await services.chats.change(caller.session, chat_id, **fields)
    return ExportedChat.model_validate(chat.model_dump())


@router.delete(
    "/chats/{chat_id}",
    summary="Delete a chat",
    status_code=204,
    response_class=Response,
    responses=errors(401, 403, 404, 503),
)
async def delete_chat(chat_id: UUID, caller: Chatter, services: AppServices) -> Response:
    """For a day it can be restored."""
    await services.chats.remove(caller.session, chat_id)
    return Response(status_code=204)


@router.post(
    "/chats/{chat_id}/restore", summary="Restore a chat", responses=errors(401, 403, 404, 503)
)
async def restore_chat(chat_id: UUID, caller: Chatter, services: AppServices) -> ExportedChat:
    """One that was deleted within a day."""
    chat = await services.chats.restore(caller.session, chat_id)
    return ExportedChat.model_validate(chat.model_dump())


@router.get(
    "/chats/{chat_id}/export",
    summary="The whole chat as a file",
    response_class=StreamingResponse,
    responses={**FILE, **errors(400, 401, 403, 404, 429, 503)},
)
async def export_one(
    request: Request,
    chat_id: UUID,
    caller: Reader,
    services: AppServices,
    kind: Format = "json",
) -> Response:
    """As JSON all messages of all branches, in the order of writing; as Markdown the branch shown
    first."""
    return await export_chat(request, services, caller.session, chat_id, kind)


@router.get(
    "/export",
    summary="All chats as a file",
    response_class=StreamingResponse,
    responses={**FILE, **errors(400, 401, 403, 429, 503)},
)
async def export_everything(
    request: Request, caller: Reader, services: AppServices, kind: Format = "json"
) -> Response:
    """Each chat as in its own export, the newest first."""
    return await export_all(request, services, caller.session, kind)
