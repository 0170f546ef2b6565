"""A chat, or all of them, as a file that is streamed to whoever asked for it: one at a time."""

from functools import partial
from typing import Literal
from uuid import UUID

from starlette.requests import Request

from app.downloads import attachment
from app.exports.export import Export, join_json, join_markdown, open_all
from app.exports.response import ExportResponse, begin_export
from app.services import Services
from app.turns import take_another

Kind = Literal["json", "markdown"]
ENDINGS: dict[Kind, str] = {"json": "json", "markdown": "md"}
TYPES: dict[Kind, str] = {"json": "application/json", "markdown": "text/markdown"}


async def export_chat(
    request: Request, services: Services, session: UUID, chat_id: UUID, kind: Kind
) -> ExportResponse:
    """The chat, named after it; NotFound if there is none."""
    chat = await services.chats.get(session, chat_id)
    async with begin_export(services.exports, session) as running:
        documents = await services.documents.list_newest(session, chat=chat_id)
        take_turn = partial(take_another, request)
        export = await Export.open(services.messages, session, chat, documents, take_turn)
        as_json = kind == "json"
        pieces = export.as_json() if as_json else export.as_markdown(services.templates)
        headers = attachment(chat.title or "chat", ENDINGS[kind])
        return ExportResponse(running, pieces, TYPES[kind], headers)


async def export_all(
    request: Request, services: Services, session: UUID, kind: Kind
) -> ExportResponse:
    """Each chat as in its own export, the newest first."""
    async with begin_export(services.exports, session) as running:
        documents = await services.documents.list_newest(session)
        take_turn = partial(take_another, request)
        exports = open_all(services.chats, services.messages, documents, session, take_turn)
        as_json = kind == "json"
        pieces = join_json(exports) if as_json else join_markdown(exports, services.templates)
        return ExportResponse(running, pieces, TYPES[kind], attachment("parley", ENDINGS[kind]))
