"""What a program asks for."""

from typing import Any

from fastapi import APIRouter, Response

from app.completions import listen
from app.completions.find import find
from app.completions.join import resume
from app.completions.schemas import (
    Completion,
    Leave,
    Left,
    Listening,
    NewCompletion,
    SentCompletion,
)
from app.completions.store import store
from app.errors import (
    ChatsFull,
    InvalidInput,
    KeyReused,
    LimitReached,
    MessageTooLarge,
    QueueFull,
    ReplyNotFound,
    SessionEnded,
)
from app.limits import check_message
from app.web.auth import Person
from app.web.deps import Config, Db
from app.web.openapi import problems
from app.web.routing import ThreadRoute
from app.web.runners import ReplyId

# Whoever asks for what is not to be stored deletes it. If it dies before, it is purged after a day.
UNSTORED_DAYS = 1

router = APIRouter(prefix="/completions", tags=["completions"], route_class=ThreadRoute)

REPEATED: dict[int | str, dict[str, Any]] = {
    200: {"model": SentCompletion, "description": "It was stored before: nothing was added."}
}


@router.post(
    "",
    status_code=201,
    summary="Ask for a completion",
    responses={
        **REPEATED,
        **problems(SessionEnded, KeyReused, QueueFull, LimitReached, ChatsFull, MessageTooLarge),
    },
)
def create_completion(
    body: NewCompletion,
    person: Person,
    database: Db,
    settings: Config,
    response: Response,
) -> SentCompletion:
    """Stores the messages and a reply in one transaction, in a chat that no list and no search has;
    it is kept for `API_KEEP_DAYS`. A prompt that is too long for the model fails; it is not
    shortened. A request that came before joins what is there of it: by its `client_key`, or as a
    retry."""
    for content in (body.system_prompt, body.question, *(each.content for each in body.history)):
        check_message(content, settings.message_limit)
    most = settings.lm_max_tokens
    if body.reply_tokens is not None and body.reply_tokens > most:
        raise InvalidInput.of(
            "reply_tokens", f"Not from 1 to {most}", "out-of-range", least=1, most=most
        )
    is_stored = body.response is None or body.response.stored
    with database.person(person) as connection:
        sent = store(
            connection,
            person,
            body,
            slots=settings.lm_slots,
            quotas=settings.quotas,
            days=settings.api_keep_days if is_stored else UNSTORED_DAYS,
            most_tokens=most,
        )
    if sent.repeated:
        response.status_code = 200
    return sent


@router.post(
    "/{reply_id}/listen",
    summary="Listen to a completion",
    responses=problems(SessionEnded, ReplyNotFound, QueueFull, LimitReached, ChatsFull),
)
def listen_to_completion(
    reply_id: ReplyId, person: Person, database: Db, settings: Config
) -> Listening:
    """Says that somebody still listens; what was paused is queued again, if there is room. To be
    said every three seconds, of a reply that is only written while somebody listens."""
    with database.person(person) as connection:
        resume(connection, person, reply_id, settings.quotas)
        return Listening(listened_until=listen.listen(connection, person, reply_id))


@router.post(
    "/{reply_id}/leave",
    summary="Listen to a completion no more",
    responses=problems(SessionEnded, ReplyNotFound),
)
def leave_completion(reply_id: ReplyId, body: Leave, person: Person, database: Db) -> Left:
    """Unless somebody else listens, the reply is paused: its slot is free, and its text stays. Who
    comes back within ten minutes has it continued; after that it is stopped."""
    with database.person(person) as connection:
        listen.check(connection, person, reply_id)
        if body.is_delivered:
            listen.forget_request(connection, person, reply_id)
        until = body.listened_until
        paused = until is not None and listen.pause(connection, person, reply_id, until)
    return Left(paused=paused)


@router.get(
    "/{reply_id}",
    summary="Read a completion that was asked for as a response",
    responses=problems(SessionEnded, ReplyNotFound),
)
def read_completion(reply_id: ReplyId, person: Person, database: Db) -> Completion:
    """By its reply. Somebody else's, one that was deleted and a reply in a chat are not found."""
    with database.person(person) as connection:
        return find(connection, person, reply_id)
