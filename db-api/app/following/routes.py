"""Follow a chat. The one endpoint that waits, so the one that is async."""

import asyncio
from contextlib import suppress
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.openapi.models import Example
from pydantic import Field, TypeAdapter, ValidationError

from app.db.transactions import Database
from app.errors import ChatNotFound, InvalidInput, SessionEnded
from app.following.repository import differs, look
from app.following.schemas import MOST_KNOWN, ChatUpdate, KnownReply
from app.limits import LARGEST_COUNT
from app.web.auth import Person
from app.web.deps import Db, Notifier
from app.web.openapi import problems

router = APIRouter(prefix="/chats", tags=["messages"])

# This process notifies its own followers. What other copies store is found by polling this often,
# and half as often if the caller gets the growing text from its own runner.
LOOK_AGAIN_S = 0.5

EXAMPLES: dict[str, Example] = {
    "nothing": {"value": "[]"},
    "one": {
        "value": '[{"id": "01994f3c-6f1e-7b7a-8b51-0d2f6c5d9a10", "state": "running",'
        ' "phase": "writing", "step": 0, "offset": 120}]'
    },
}
KNOWN = TypeAdapter(Annotated[list[KnownReply], Field(max_length=MOST_KNOWN)])


async def read_known(
    known: Annotated[
        str,
        Query(
            description=f"JSON: a list of at most {MOST_KNOWN} `KnownReply`: replies as the caller"
            " last saw them.",
            openapi_examples=EXAMPLES,
        ),
    ] = "[]",
) -> list[KnownReply]:
    """One parameter that holds JSON, because a query has no lists of objects."""
    try:
        return KNOWN.validate_json(known)
    except ValidationError as error:
        found = error.errors()[0]
        field = ".".join(["known", *(str(part) for part in found["loc"])])
        raise InvalidInput.of(field, found["msg"]) from None


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
    notifier: Notifier,
    known: Annotated[list[KnownReply], Depends(read_known)],
    since: Annotated[
        int, Query(ge=0, le=LARGEST_COUNT, description="The highest `seq` the caller has.")
    ] = 0,
    head: Annotated[
        UUID | None, Query(description="Where the branch shown ended, as the caller knows it.")
    ] = None,
    text: Annotated[bool, Query(description="Whether growing text is worth an answer.")] = True,
    wait: Annotated[float, Query(ge=0, le=25, description="Seconds to wait for news.")] = 0,
) -> ChatUpdate:
    """A long poll: answers at once if anything differs from what the caller knows, else as soon
    as it does, or after `wait` seconds. No connection and no thread is held meanwhile."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait
    poll_interval = LOOK_AGAIN_S if text else 2 * LOOK_AGAIN_S
    with notifier.listen(chat_id, wants_text=text) as changed:
        while True:
            # Cleared before looking: what is written during the look sets it again.
            changed.clear()
            update = await run_in_threadpool(look_once, database, person, chat_id, since, known)
            left = deadline - loop.time()
            if left <= 0 or differs(update, known, head, with_text=text):
                return update
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), min(left, poll_interval))
            if await request.is_disconnected():
                return update


def look_once(
    database: Database, person: UUID, chat_id: UUID, since: int, known: list[KnownReply]
) -> ChatUpdate:
    """One look in a transaction of its own; it also notices a session that has ended."""
    with database.person(person) as connection:
        return look(connection, person, chat_id, since, known)
