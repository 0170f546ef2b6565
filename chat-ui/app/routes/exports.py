"""Exports of one chat or of all, as JSON or as Markdown."""

import re
import unicodedata
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from app.exports.export import Export, join_json, join_markdown, open_all
from app.openapi import WITH_COOKIE, pages
from app.services import AppServices
from app.sessions import Session

router = APIRouter(tags=["chats"], dependencies=WITH_COOKIE)

# What some system allows in no file's name, and white space in a row.
UNSAFE = re.compile(r'[\s/\\:*?"<>|%\x00-\x1f\x7f]+')


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
        headers=attachment(chat.title or "chat", "json"),
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
    chat = await services.chats.get(session, chat_id)
    export = await Export.open(services.messages, session, chat)
    return StreamingResponse(
        export.as_markdown(services.templates),
        media_type="text/markdown",
        headers=attachment(chat.title or "chat", "md"),
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
    await services.sessions.current(session)
    exports = open_all(services.chats, services.messages, session)
    return StreamingResponse(
        join_markdown(exports, services.templates),
        media_type="text/markdown",
        headers=attachment("parley", "md"),
    )


def attachment(title: str, ending: str) -> dict[str, str]:
    """Headers that make a browser save it under this title (RFC 6266): browsers take the second
    name, whatever its letters; the first one is for everybody else."""
    name = UNSAFE.sub(" ", title).strip(" .") or "chat"
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().strip(" .")
    names = f"filename=\"{plain or 'chat'}.{ending}\"; filename*=UTF-8''{quote(name, '')}.{ending}"
    return {"Content-Disposition": f"attachment; {names}", "Cache-Control": "no-store"}
