"""Exports of one chat or of all, as JSON or as Markdown."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from app.downloads import attachment
from app.exports.export import Export, join_json, join_markdown, open_all
from app.openapi import WITH_COOKIE, pages
from app.services import AppServices, Services
from app.sessions import Session

router = APIRouter(tags=["chats"], dependencies=WITH_COOKIE)


@router.get(
    "/chats/{chat_id}/export.json",
    summary="The whole chat as JSON",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/json": {}}}, **pages(401, 404, 422, 503)},
)
async def export_json(services: AppServices, session: Session, chat_id: UUID) -> StreamingResponse:
    """All messages of all branches, in the order of writing, each with its reply's state."""
    export = await _open(services, session, chat_id)
    return StreamingResponse(
        export.as_json(),
        media_type="application/json",
        headers=attachment(export.chat.title or "chat", "json"),
    )


@router.get(
    "/chats/{chat_id}/export.md",
    summary="The whole chat as Markdown",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/markdown": {}}}, **pages(401, 404, 422, 503)},
)
async def export_markdown(
    services: AppServices, session: Session, chat_id: UUID
) -> StreamingResponse:
    """The branch shown under headings, as it was written; then all other versions."""
    export = await _open(services, session, chat_id)
    return StreamingResponse(
        export.as_markdown(services.templates),
        media_type="text/markdown",
        headers=attachment(export.chat.title or "chat", "md"),
    )


@router.get(
    "/export.json",
    summary="All chats as JSON",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/json": {}}}, **pages(401, 404, 422, 503)},
)
async def export_all_json(services: AppServices, session: Session) -> StreamingResponse:
    """Each chat as in its own export, the newest first."""
    # An ended session fails before anything is sent.
    documents = await services.documents.list_newest(session)
    exports = open_all(services.chats, services.messages, documents, session)
    return StreamingResponse(
        join_json(exports), media_type="application/json", headers=attachment("parley", "json")
    )


@router.get(
    "/export.md",
    summary="All chats as Markdown",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/markdown": {}}}, **pages(401, 404, 422, 503)},
)
async def export_all_markdown(services: AppServices, session: Session) -> StreamingResponse:
    """One chat below the other, the newest first."""
    # An ended session fails before anything is sent.
    documents = await services.documents.list_newest(session)
    exports = open_all(services.chats, services.messages, documents, session)
    return StreamingResponse(
        join_markdown(exports, services.templates),
        media_type="text/markdown",
        headers=attachment("parley", "md"),
    )


async def _open(services: Services, session: UUID, chat_id: UUID) -> Export:
    chat = await services.chats.get(session, chat_id)
    documents = await services.documents.list_newest(session, chat=chat_id)
    return await Export.open(services.messages, session, chat, documents)
