"""Search over the titles and messages of a session."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from app.clients.types import SearchPage
from app.htmx import is_script
from app.loading import load_chats
from app.openapi import WITH_COOKIE, pages
from app.services import AppServices
from app.sessions import Session
from app.views.lists import NO_CHATS, SearchView, view_chats, view_search

router = APIRouter(tags=["chats"], dependencies=WITH_COOKIE)

LONGEST_QUERY = 200
FURTHEST = 1000


@router.get(
    "/search",
    summary="Search in all chats",
    response_class=HTMLResponse,
    responses=pages(401, 422, 429, 503),
)
async def search(
    request: Request,
    services: AppServices,
    session: Session,
    q: str = "",
    offset: Annotated[int, Query(ge=0, le=FURTHEST)] = 0,
    chat: UUID | None = None,
) -> HTMLResponse:
    """Messages and titles in which every word of `q` begins a word; the newest first. Of each chat
    there are three, and a link to all of them, which are those of a `chat`. Scripts
    (`HX-Request: true`) get them to be shown in the list's place."""
    query = q.replace("\0", "").strip()[:LONGEST_QUERY]
    if not query:
        chats = await load_chats(services, session)
        return services.templates.page("search.html", SearchView(chats, "", None))
    if is_script(request):
        found = await services.chats.search(session, query)
        page = view_search(view_chats(NO_CHATS), query, found, 0)
        return services.templates.page("_found.html", page)
    found = await services.chats.search(session, query, chat=chat, offset=offset)
    chats = await load_chats(services, session)  # not at once: one that is refused loads nothing
    if offset + len(found.items) > FURTHEST:
        found = SearchPage(items=found.items, more=False)
    return services.templates.page("search.html", view_search(chats, query, found, offset, chat))
