"""Send a message, in a chat or to begin one; ask for a reply again."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from app.errors import (
    BranchMoved,
    ChatNotFound,
    ChatsFull,
    KeyReused,
    LimitReached,
    MessageNotFound,
    MessageTooLarge,
    NothingToContinue,
    QueueFull,
    ReplyUnfinished,
    SessionEnded,
)
from app.limits import check_message
from app.notifier import ChangeNotifier
from app.sending import begin, regenerate, send
from app.sending.schemas import FirstMessage, NewMessage, NewReply, Sent
from app.web.auth import Person
from app.web.deps import Config, Db, Notifier
from app.web.openapi import problems
from app.web.routing import ThreadRoute

router = APIRouter(prefix="/chats", route_class=ThreadRoute)

REPEATED: dict[int | str, dict[str, Any]] = {
    200: {"model": Sent, "description": "It was stored before: nothing was added."}
}
OVER_LIMITS = (QueueFull, LimitReached, ChatsFull)
REFUSALS = (SessionEnded, ChatNotFound, MessageNotFound, KeyReused, *OVER_LIMITS)


@router.post(
    "/messages",
    status_code=201,
    tags=["messages"],
    summary="Begin a chat with a message",
    responses={
        **REPEATED,
        **problems(SessionEnded, KeyReused, *OVER_LIMITS, MessageTooLarge),
    },
)
def begin_chat(
    body: FirstMessage,
    person: Person,
    database: Db,
    settings: Config,
    notifier: Notifier,
    response: Response,
) -> Sent:
    """Stores a chat, under the name the session goes by, its message and the reply in one
    transaction. The key is unique among the session's chats: sending twice begins one chat. With
    `worker` the reply is claimed as that of any message."""
    check_message(body.content, settings.message_limit)
    with database.person(person) as connection:
        sent = begin.begin(
            connection, person, body, slots=settings.lm_slots, quotas=settings.quotas
        )
    return _answer(sent, sent.message.chat_id, notifier, response)


@router.post(
    "/{chat_id}/messages",
    status_code=201,
    tags=["messages"],
    summary="Send a message",
    responses={**REPEATED, **problems(*REFUSALS, BranchMoved, MessageTooLarge)},
)
def send_message(
    chat_id: UUID,
    body: NewMessage,
    person: Person,
    database: Db,
    settings: Config,
    notifier: Notifier,
    response: Response,
) -> Sent:
    """Stores the message and its reply in one transaction. With `worker`, and if a slot is free
    and it is its turn, the reply is claimed for that worker in the same step. With `replaces` it
    is another version of that message, and the branch shown leads through it."""
    check_message(body.content, settings.message_limit)
    with database.person(person) as connection:
        sent = send.send(
            connection, person, chat_id, body, slots=settings.lm_slots, quotas=settings.quotas
        )
    return _answer(sent, chat_id, notifier, response)


@router.post(
    "/{chat_id}/replies",
    status_code=201,
    tags=["replies"],
    summary="Regenerate or continue a reply",
    responses={**REPEATED, **problems(*REFUSALS, ReplyUnfinished, NothingToContinue)},
)
def regenerate_reply(
    chat_id: UUID,
    body: NewReply,
    person: Person,
    database: Db,
    settings: Config,
    notifier: Notifier,
    response: Response,
) -> Sent:
    """A new version of a reply, to the same question, at which the branch shown ends. With
    `continued` it begins with the old one's text. It is queued and claimed as a message's reply."""
    with database.person(person) as connection:
        sent = regenerate.regenerate(
            connection, person, chat_id, body, slots=settings.lm_slots, quotas=settings.quotas
        )
    return _answer(sent, chat_id, notifier, response)


def _answer(sent: Sent, chat_id: UUID, notifier: ChangeNotifier, response: Response) -> Sent:
    """200 instead of 201 for what was there already."""
    if sent.repeated:
        response.status_code = 200
    else:
        notifier.notify([chat_id])
    return sent
