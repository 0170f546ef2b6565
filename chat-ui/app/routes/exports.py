"""Exports of one chat or of all, as JSON or as Markdown: one at a time."""

from collections.abc import AsyncIterator
from functools import partial
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from app.clients.types import Chat
from app.downloads import attachment
from app.exports.export import Export, join_json, join_markdown, open_all
from app.exports.response import ExportResponse, begin_export
from app.openapi import WITH_COOKIE, pages
from app.services import AppServices, Services
from app.sessions import Session
from app.turns import take_another

router = APIRouter(tags=["chats"], dependencies=WITH_COOKIE)


@router.get(
    "/chats/{chat_id}/export.json",
    summary="The whole chat as JSON",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/json": {}}}, **pages(401, 404, 422, 429, 503)},
)
async def export_json(
    request: Request, services: AppServices, session: Session, chat_id: UUID
) -> ExportResponse:
    """All messages of all branches, in the order of writing, each with its reply's state."""
    chat = await services.chats.get(session, chat_id)
    async with begin_export(services.exports, session) as running:
        export = await _open(request, services, session, chat)
        headers = attachment(chat.title or "chat", "json")
        return ExportResponse(running, export.as_json(), "application/json", headers)


@router.get(
    "/chats/{chat_id}/export.md",
    summary="The whole chat as Markdown",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/markdown": {}}}, **pages(401, 404, 422, 429, 503)},
)
async def export_markdown(
    request: Request, services: AppServices, session: Session, chat_id: UUID
) -> ExportResponse:
    """The branch shown under headings, as it was written; then all other versions."""
    chat = await services.chats.get(session, chat_id)
    async with begin_export(services.exports, session) as running:
        export = await _open(request, services, session, chat)
        headers = attachment(chat.title or "chat", "md")
        pieces = export.as_markdown(services.templates)
        return ExportResponse(running, pieces, "text/markdown", headers)


@router.get(
    "/export.json",
    summary="All chats as JSON",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/json": {}}}, **pages(401, 404, 422, 429, 503)},
)
async def export_all_json(
    request: Request, services: AppServices, session: Session
) -> ExportResponse:
    """Each chat as in its own export, the newest first."""
    async with begin_export(services.exports, session) as running:
        exports = await _open_all(request, services, session)
        headers = attachment("parley", "json")
        return ExportResponse(running, join_json(exports), "application/json", headers)


@router.get(
    "/export.md",
    summary="All chats as Markdown",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/markdown": {}}}, **pages(401, 404, 422, 429, 503)},
)
async def export_all_markdown(
    request: Request, services: AppServices, session: Session
) -> ExportResponse:
    """One chat below the other, the newest first."""
    async with begin_export(services.exports, session) as running:
        exports = await _open_all(request, services, session)
        pieces = join_markdown(exports, services.templates)
        return ExportResponse(running, pieces, "text/markdown", attachment("parley", "md"))


async def _open(request: Request, services: Services, session: UUID, chat: Chat) -> Export:
    documents = await services.documents.list_newest(session, chat=chat.id)
    take_turn = partial(take_another, request)
    return await Export.open(services.messages, session, chat, documents, take_turn)


async def _open_all(request: Request, services: Services, session: UUID) -> AsyncIterator[Export]:
    documents = await services.documents.list_newest(session)
    take_turn = partial(take_another, request)
    return open_all(services.chats, services.messages, documents, session, take_turn)
