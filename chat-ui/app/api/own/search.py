"""Search in one's own chats."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.api.caller import Reader
from app.api.fields import refuse
from app.api.openapi import errors
from app.api.own.resources import OwnHit, OwnHits
from app.api.paths import OWN
from app.routes.search import FURTHEST, LONGEST_QUERY
from app.services import AppServices

router = APIRouter(prefix=f"{OWN}/search", tags=["Own chats"])


@router.get("", summary="Search in all chats", responses=errors(400, 401, 403, 429, 503))
async def search(
    caller: Reader,
    services: AppServices,
    q: Annotated[str, Query(max_length=LONGEST_QUERY, description="Words, or their beginnings.")],
    chat: Annotated[UUID | None, Query(description="Only its hits, and all of them.")] = None,
    offset: Annotated[int, Query(ge=0, le=FURTHEST)] = 0,
) -> OwnHits:
    """Titles and messages in which every word of `q` begins a word; three of a chat at most."""
    if not q.replace("\0", "").strip():
        refuse("q", "is empty")
    found = await services.chats.search(caller.session, q, chat=chat, offset=offset)
    following = offset + len(found.items)
    more = found.more and following <= FURTHEST
    return OwnHits(items=[OwnHit.of(hit) for hit in found.items], next=following if more else None)
