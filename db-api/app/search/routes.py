"""Search a session's chats."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.errors import LimitReached, SessionEnded
from app.search import repository
from app.search.schemas import SearchPage
from app.usage.repository import take_search
from app.web.auth import Person
from app.web.deps import Config, Db
from app.web.openapi import problems
from app.web.routing import ThreadRoute

router = APIRouter(tags=["chats"], route_class=ThreadRoute)


@router.get("/search", summary="Search chats", responses=problems(SessionEnded, LimitReached))
def search_chats(
    person: Person,
    database: Db,
    settings: Config,
    q: Annotated[
        str, Query(min_length=1, max_length=200, description="Words, or their beginnings.")
    ],
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
    offset: Annotated[int, Query(ge=0, le=1000)] = 0,
    chat: Annotated[UUID | None, Query(description="Only its hits, and all of them.")] = None,
) -> SearchPage:
    """Titles and messages, of all branches, that have every word of `q`, each as it is or as a
    beginning, upper and lower case alike; three of a chat at most. Nothing in `q` is an operator.
    """
    # NUL separates words as every other character that is none.
    words = q.replace("\0", " ")
    with database.person(person) as connection:
        take_search(connection, settings.quotas)
        hits = repository.search(connection, person, words, chat=chat, skip=offset, most=limit + 1)
    return SearchPage(items=hits[:limit], more=len(hits) > limit)
