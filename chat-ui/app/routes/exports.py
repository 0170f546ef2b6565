"""Taking a chat home, as JSON or as Markdown."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from app.exports import Export
from app.routes.openapi import WITH_COOKIE, pages
from app.services import Ask
from app.sessions import Session

router = APIRouter(prefix="/chats/{chat_id}", tags=["chats"], dependencies=WITH_COOKIE)


@router.get(
    "/export.json",
    summary="The whole chat as JSON",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/json": {}}}, **pages(401, 404, 422, 503)},
)
async def export_json(services: Ask, session: Session, chat_id: UUID) -> StreamingResponse:
    """All messages of all branches, in the order of writing, each with its reply's state."""
    export = await Export.open(services.chats, session, chat_id)
    return StreamingResponse(
        export.as_json(), media_type="application/json", headers=attachment(chat_id, "json")
    )


@router.get(
    "/export.md",
    summary="The whole chat as Markdown",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/markdown": {}}}, **pages(401, 404, 422, 503)},
)
async def export_markdown(services: Ask, session: Session, chat_id: UUID) -> StreamingResponse:
    """All messages under headings, as they were written."""
    export = await Export.open(services.chats, session, chat_id)
    return StreamingResponse(
        export.as_markdown(services.templates),
        media_type="text/markdown",
        headers=attachment(chat_id, "md"),
    )


def attachment(chat_id: UUID, ending: str) -> dict[str, str]:
    """Headers that make a browser save it under a name of its own."""
    name = f"parley-{chat_id}.{ending}"
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
