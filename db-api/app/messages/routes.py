"""Read a chat's messages, and send one."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.auth import Person
from app.chats import repository as chats
from app.deps import Bells, Config, Db
from app.errors import (
    ChatNotFound,
    KeyReused,
    MessageNotFound,
    MessageTooLarge,
    QueueFull,
    SessionEnded,
)
from app.messages import repository, sending
from app.messages.schemas import MessagePage, MessageRun, NewMessage, Sent
from app.openapi import problems
from app.texts import LARGEST_COUNT

router = APIRouter(prefix="/chats/{chat_id}/messages", tags=["messages"])


@router.get(
    "",
    summary="Read a page of messages",
    responses=problems(SessionEnded, ChatNotFound, MessageNotFound),
)
def read_messages(
    chat_id: UUID,
    person: Person,
    database: Db,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[UUID | None, Query(description="`earlier` of the page before.")] = None,
) -> MessagePage:
    """The branch shown, oldest first, ending at the head or just above `before`."""
    items = []
    with database.person(person) as connection:
        last = repository.find_end(connection, person, chat_id, before)
        if last is not None:
            items = repository.walk_branch(connection, person, chat_id, last=last, limit=limit)
    earlier = items[0].id if items and items[0].parent_id else None
    return MessagePage(items=items, earlier=earlier)


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
    """Every branch, for an export: page by page until `next` is null."""
    with database.person(person) as connection:
        chats.find(connection, person, chat_id)
        items = repository.list_in_order(connection, person, chat_id, after=after, limit=limit + 1)
    more = len(items) > limit
    return MessageRun(items=items[:limit], next=items[limit - 1].seq if more else None)


@router.post(
    "",
    status_code=201,
    summary="Send a message",
    responses={
        200: {"model": Sent, "description": "It was stored before: nothing was added."},
        **problems(SessionEnded, ChatNotFound, KeyReused, MessageTooLarge, QueueFull),
    },
)
def send_message(
    chat_id: UUID,
    body: NewMessage,
    person: Person,
    database: Db,
    settings: Config,
    bells: Bells,
    response: Response,
) -> Sent:
    """Stores the message and its reply in one transaction. With `worker`, and if a slot is free
    and its turn has come, the reply is claimed for that worker in the same step."""
    sending.check_size(body.content, settings.message_limit)
    with database.person(person) as connection:
        sent = sending.send(
            connection,
            person,
            chat_id,
            body,
            slots=settings.lm_slots,
            queue_limit=settings.queue_limit,
        )
    if sent.repeated:
        response.status_code = 200
    else:
        bells.wake([chat_id])
    return sent
