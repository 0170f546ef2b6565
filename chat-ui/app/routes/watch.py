"""Watching a chat: server-sent events for scripts, a live page for browsers without."""

from collections.abc import AsyncIterator
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from app.openapi import WITH_COOKIE, pages
from app.services import AppServices, Services
from app.sessions import Session
from app.views.pages import LivePage
from app.watching.events import stream_events
from app.watching.live_page import stream_live_page

router = APIRouter(tags=["watching"], dependencies=WITH_COOKIE)

EVENTS = """The data of each event is a JSON object.

| event | data | means |
|---|---|---|
| `message` | `id`, `html` | a whole message, new or to replace the one with this id |
| `text` | `id`, `closed`, `open` | append the blocks `closed`; replace the growing one by `open` |
| `status` | `id`, `html` | replace the line that says how the reply is doing |
| `notice` | `away` | whether the database is out of reach just now |
| `moved` | | the chat shows another branch now: reload the page |
| `end` | | nothing is left to say |
"""
STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@router.get(
    "/chats/{chat_id}/events",
    summary="Server-sent events for the whole chat",
    response_class=StreamingResponse,
    responses={
        200: {"description": EVENTS, "content": {"text/event-stream": {}}},
        **pages(401, 404, 422, 429, 503),
    },
)
async def watch_events(
    services: AppServices,
    session: Session,
    chat_id: UUID,
    since: Annotated[int, Query(ge=0)] = 0,
    last: UUID | Literal[""] = "",
) -> StreamingResponse:
    """A snapshot of all messages after `since`, then what comes, until nothing is left to say.
    `last` is the last message the page shows: it may be of another branch than is shown now."""
    most = await _most_streams(services)
    feed = await services.hub.join(session, chat_id, since, last or None, most=most)
    events = stream_events(services.hub, feed, since, last or None, services.templates)
    return StreamingResponse(events, media_type="text/event-stream", headers=STREAM_HEADERS)


@router.get(
    "/chats/{chat_id}/live",
    summary="The live page, for browsers without JavaScript",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/html": {}}}, **pages(401, 404, 422, 429, 503)},
)
async def watch_live(services: AppServices, session: Session, chat_id: UUID) -> StreamingResponse:
    """The last question, then status lines and the text of all unfinished replies as it comes."""
    chat = await services.chats.get(session, chat_id)
    since = await _find_start(services, session, chat_id)
    feed = await services.hub.join(session, chat_id, since, most=await _most_streams(services))
    page: AsyncIterator[str] = stream_live_page(
        services.hub, feed, since, LivePage(chat), services.templates
    )
    return StreamingResponse(page, media_type="text/html", headers=STREAM_HEADERS)


async def _most_streams(services: Services) -> int | None:
    limits = await services.limits.find()
    return limits.streams if limits else None


async def _find_start(services: AppServices, session: UUID, chat_id: UUID) -> int:
    """The number before the question of the first unfinished reply; if there is none any more, of
    the last one."""
    items = (await services.messages.read(session, chat_id)).items
    unfinished = [place for place, m in enumerate(items) if m.reply and not m.reply.final]
    first = unfinished[0] if unfinished else len(items) - 1
    return items[max(0, first - 1)].seq - 1 if items else 0
