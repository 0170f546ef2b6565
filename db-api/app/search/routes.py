"""Search a session's chats."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool

from app.errors import LimitReached, SessionEnded
from app.search import repository
from app.search.schemas import Hit, SearchPage
from app.usage.repository import take_search
from app.web.auth import Person
from app.web.deps import Config, Db, Searches
from app.web.openapi import problems

router = APIRouter(tags=["chats"])


@router.get("/search", summary="Search chats", responses=problems(SessionEnded, LimitReached))
async def search_chats(
    person: Person,
    database: Db,
    settings: Config,
    searches: Searches,
    q: Annotated[
        str, Query(min_length=1, max_length=200, description="Words, or their beginnings.")
    ],
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
    offset: Annotated[int, Query(ge=0, le=1000)] = 0,
    chat: Annotated[UUID | None, Query(description="Only its hits, and all of them.")] = None,
) -> SearchPage:
    """Titles and messages, of all branches, that have every word of `q`, each as it is or as a
    beginning, upper and lower case alike; three of a chat at most. Nothing in `q` is an operator.
    Searches of all sessions run one after the other, and the sessions take turns.
    """
    # NUL separates words as every other character that is none.
    words = q.replace("\0", " ")

    def look() -> list[Hit]:
        with database.person(person) as connection:
            take_search(connection, settings.quotas)
            return repository.search(
                connection, person, words, chat=chat, skip=offset, most=limit + 1
            )

    async with searches.take(person, settings.quotas.searches):
        hits = await run_in_threadpool(look)
    return SearchPage(items=hits[:limit], more=len(hits) > limit)
