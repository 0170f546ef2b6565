"""Exports of one chat or of all, as JSON or as Markdown: one at a time."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from app.exports.files import export_all, export_chat
from app.exports.response import ExportResponse
from app.openapi import WITH_COOKIE, pages
from app.services import AppServices
from app.sessions import Session

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
    return await export_chat(request, services, session, chat_id, "json")


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
    return await export_chat(request, services, session, chat_id, "markdown")


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
    return await export_all(request, services, session, "json")


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
    return await export_all(request, services, session, "markdown")
