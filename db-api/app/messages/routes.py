"""Read a chat's messages, send one, and delete from one on."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.auth import Person
from app.chats import repository as chats
from app.chats.schemas import Chat
from app.deps import Bells, Config, Db
from app.errors import (
    BranchMoved,
    ChatNotFound,
    KeyReused,
    MessageNotFound,
    MessageTooLarge,
    QueueFull,
    SessionEnded,
)
from app.messages import branches, repository, sending
from app.messages.schemas import At, Before, MessagePage, MessageRun, NewMessage, Sent
from app.openapi import problems
from app.routing import ThreadRoute
from app.texts import LARGEST_COUNT

router = APIRouter(prefix="/chats/{chat_id}/messages", tags=["messages"], route_class=ThreadRoute)


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
    before: Before = None,
    at: At = None,
) -> MessagePage:
    """A part of a branch, oldest first: ending at the head, just above `before`, or around `at`."""
    with database.person(person) as connection:
        chat = chats.find(connection, person, chat_id)
        return branches.read_page(connection, person, chat, limit=limit, before=before, at=at)


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
        **problems(
            SessionEnded,
            ChatNotFound,
            MessageNotFound,
            KeyReused,
            BranchMoved,
            MessageTooLarge,
            QueueFull,
        ),
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
    and its turn has come, the reply is claimed for that worker in the same step. With `replaces`
    it stands beside that message, and the branch shown goes on with it."""
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


@router.delete(
    "/{message_id}",
    summary="Delete from a message on",
    responses=problems(SessionEnded, ChatNotFound, MessageNotFound),
)
def delete_messages(
    chat_id: UUID, message_id: UUID, person: Person, database: Db, bells: Bells
) -> Chat:
    """It and all that is below it, on every branch; replies being written there are given up. If
    it was shown, the branch shown ends at the newest leaf below its parent, or at that."""
    with database.person(person) as connection:
        row = branches.remove(connection, person, chat_id, message_id)
    bells.wake([chat_id])
    return Chat.model_validate(row)
