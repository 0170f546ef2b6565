"""Exports of one chat or of all, as JSON or as Markdown: one at a time."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from app.downloads import attachment
from app.exports.export import Export, join_json, join_markdown, open_all
from app.exports.response import ExportResponse
from app.openapi import WITH_COOKIE, pages
from app.services import AppServices, Services
from app.sessions import Session

router = APIRouter(tags=["chats"], dependencies=WITH_COOKIE)


@router.get(
    "/chats/{chat_id}/export.json",
    summary="The whole chat as JSON",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/json": {}}}, **pages(401, 404, 422, 429, 503)},
)
async def export_json(services: AppServices, session: Session, chat_id: UUID) -> ExportResponse:
    """All messages of all branches, in the order of writing, each with its reply's state."""
    export = await _open(services, session, chat_id)
    headers = attachment(export.chat.title or "chat", "json")
    return await ExportResponse.begin(
        services.exports, session, export.as_json(), "application/json", headers
    )


@router.get(
    "/chats/{chat_id}/export.md",
    summary="The whole chat as Markdown",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/markdown": {}}}, **pages(401, 404, 422, 429, 503)},
)
async def export_markdown(services: AppServices, session: Session, chat_id: UUID) -> ExportResponse:
    """The branch shown under headings, as it was written; then all other versions."""
    export = await _open(services, session, chat_id)
    headers = attachment(export.chat.title or "chat", "md")
    pieces = export.as_markdown(services.templates)
    return await ExportResponse.begin(services.exports, session, pieces, "text/markdown", headers)


@router.get(
    "/export.json",
    summary="All chats as JSON",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/json": {}}}, **pages(401, 404, 422, 429, 503)},
)
async def export_all_json(services: AppServices, session: Session) -> ExportResponse:
    """Each chat as in its own export, the newest first."""
    # An ended session fails before anything is sent.
    documents = await services.documents.list_newest(session)
    exports = open_all(services.chats, services.messages, documents, session)
    headers = attachment("parley", "json")
    return await ExportResponse.begin(
        services.exports, session, join_json(exports), "application/json", headers
    )


@router.get(
    "/export.md",
    summary="All chats as Markdown",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/markdown": {}}}, **pages(401, 404, 422, 429, 503)},
)
async def export_all_markdown(services: AppServices, session: Session) -> ExportResponse:
    """One chat below the other, the newest first."""
    # An ended session fails before anything is sent.
    documents = await services.documents.list_newest(session)
    exports = open_all(services.chats, services.messages, documents, session)
    pieces = join_markdown(exports, services.templates)
    headers = attachment("parley", "md")
    return await ExportResponse.begin(services.exports, session, pieces, "text/markdown", headers)


async def _open(services: Services, session: UUID, chat_id: UUID) -> Export:
    chat = await services.chats.get(session, chat_id)
    documents = await services.documents.list_newest(session, chat=chat_id)
    return await Export.open(services.messages, session, chat, documents)
