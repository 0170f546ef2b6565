"""Follow a chat. The one endpoint that waits, so the one that is async."""

import asyncio
from contextlib import suppress
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool

from app.auth import Person
from app.db import Database
from app.deps import Bells, Db
from app.errors import ChatNotFound, SessionEnded
from app.following.repository import is_news, look
from app.following.schemas import KNOWN_FORM, Followed, Known
from app.openapi import problems
from app.texts import LARGEST_COUNT

router = APIRouter(prefix="/chats", tags=["messages"])

# Writers of this process wake its followers; what other copies write is looked for this often,
# and by who has the growing text from elsewhere, half as often.
LOOK_AGAIN_S = 0.5


@router.get(
    "/{chat_id}/follow",
    summary="Follow a chat",
    responses=problems(SessionEnded, ChatNotFound),
)
async def follow_chat(
    request: Request,
    chat_id: UUID,
    person: Person,
    database: Db,
    bells: Bells,
    since: Annotated[
        int, Query(ge=0, le=LARGEST_COUNT, description="The highest `seq` the caller has.")
    ] = 0,
    known: Annotated[
        list[str] | None, Query(max_length=100, description=f"Repeatable: `{KNOWN_FORM}`.")
    ] = None,
    head: Annotated[
        UUID | None, Query(description="Where the branch shown ended, as the caller knows it.")
    ] = None,
    text: Annotated[bool, Query(description="Whether growing text is worth an answer.")] = True,
    wait: Annotated[float, Query(ge=0, le=25, description="Seconds to wait for news.")] = 0,
) -> Followed:
    """A long poll: answers at once if anything differs from what the caller knows, else as soon
    as it does, or after `wait` seconds. No connection and no thread is held meanwhile."""
    seen = [Known.parse(one) for one in known or ()]
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait
    patience = LOOK_AGAIN_S if text else 2 * LOOK_AGAIN_S
    with bells.listen(chat_id, wants_text=text) as bell:
        while True:
            # Cleared before looking: what is written during the look rings again.
            bell.clear()
            told = await run_in_threadpool(look_once, database, person, chat_id, since, seen)
            left = deadline - loop.time()
            if left <= 0 or is_news(told, seen, head, with_text=text):
                return told
            with suppress(TimeoutError):
                await asyncio.wait_for(bell.wait(), min(left, patience))
            if await request.is_disconnected():
                return told


def look_once(
    database: Database, person: UUID, chat_id: UUID, since: int, known: list[Known]
) -> Followed:
    """One look in a transaction of its own; it also notices a session that has ended."""
    with database.person(person) as connection:
        return look(connection, person, chat_id, since, known)
