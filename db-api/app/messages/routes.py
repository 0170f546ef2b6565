"""Read all messages of a chat. A page of one branch is read in `branches/`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.chats import repository as chats
from app.errors import ChatNotFound, SessionEnded
from app.limits import LARGEST_COUNT
from app.messages import repository
from app.messages.schemas import MessageRun
from app.web.auth import Person
from app.web.deps import Db
from app.web.openapi import problems
from app.web.routing import ThreadRoute

router = APIRouter(prefix="/chats/{chat_id}/messages", tags=["messages"], route_class=ThreadRoute)


@router.get(
    "/all",
    summary="Read all messages in the order of writing",
    responses=problems(SessionEnded, ChatNotFound),
)
def read_all_messages(
    chat_id: UUID,
    person: Person,
    database: Db,
    after: Annotated[int, Query(ge=0, le=LARGEST_COUNT, description="The last `seq` read.")] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 200,
) -> MessageRun:
    """Every branch, for an export: page by page until `next` is null. A page has at most half a
    megabyte of text, or one message."""
    with database.person(person) as connection:
        chats.find(connection, person, chat_id)
        found = repository.list_in_order(connection, person, chat_id, after=after, limit=limit)
    items = repository.cut_page(found, limit)
    return MessageRun(items=items, next=items[-1].seq if len(items) < len(found) else None)
