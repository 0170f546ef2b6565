"""Exports of one chat or of all, as JSON or as Markdown."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from app.exports.export import Export, join_json, join_markdown, open_all
from app.openapi import WITH_COOKIE, pages
from app.services import AppServices
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
    chat = await services.chats.get(session, chat_id)
    export = await Export.open(services.messages, session, chat)
    return StreamingResponse(
        export.as_json(),
        media_type="application/json",
        headers=attachment(f"parley-{chat_id}.json"),
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
    """All messages under headings, as they were written."""
    chat = await services.chats.get(session, chat_id)
    export = await Export.open(services.messages, session, chat)
    return StreamingResponse(
        export.as_markdown(services.templates),
        media_type="text/markdown",
        headers=attachment(f"parley-{chat_id}.md"),
    )


@router.get(
    "/export.json",
    summary="All chats as JSON",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/json": {}}}, **pages(401, 404, 422, 503)},
)
async def export_all_json(services: AppServices, session: Session) -> StreamingResponse:
    """Each chat as in its own export, the newest first."""
    await services.sessions.current(session)  # an ended one fails before anything is sent
    exports = open_all(services.chats, services.messages, session)
    return StreamingResponse(
        join_json(exports), media_type="application/json", headers=attachment("parley.json")
    )


@router.get(
    "/export.md",
    summary="All chats as Markdown",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/markdown": {}}}, **pages(401, 404, 422, 503)},
)
async def export_all_markdown(services: AppServices, session: Session) -> StreamingResponse:
    """One chat below the other, the newest first."""
    await services.sessions.current(session)
    exports = open_all(services.chats, services.messages, session)
    return StreamingResponse(
        join_markdown(exports, services.templates),
        media_type="text/markdown",
        headers=attachment("parley.md"),
    )


def attachment(name: str) -> dict[str, str]:
    """Headers that make a browser save it under this name."""
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
