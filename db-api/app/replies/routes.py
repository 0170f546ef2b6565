"""Ask again and stop, for people; claim, store, finish and hand back replies, for runners."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from app.auth import Person
from app.deps import Bells, Config, Db
from app.errors import (
    ChatNotFound,
    KeyReused,
    LeaseLost,
    MessageNotFound,
    NothingToGoOn,
    NothingToShorten,
    OffsetDiffers,
    QueueFull,
    ReplyNotFound,
    ReplyUnfinished,
    SessionEnded,
)
from app.messages.schemas import NewReply, Sent
from app.openapi import problems
from app.replies import asking_again, claiming, finishing, progress
from app.replies.schemas import (
    Claim,
    ClaimRequest,
    FinishRequest,
    FinishResult,
    ProgressRequest,
    ProgressResult,
    ReleaseResult,
    Reply,
    ShorterPrompt,
)
from app.routing import ThreadRoute

person_router = APIRouter(
    prefix="/chats/{chat_id}/replies", tags=["replies"], route_class=ThreadRoute
)
runner_router = APIRouter(prefix="/replies", tags=["runners"], route_class=ThreadRoute)

ReplyId = Annotated[UUID, Path(description="The id of the reply, which is its message's id.")]


@person_router.post(
    "",
    status_code=201,
    summary="Ask for a reply again",
    responses={
        200: {"model": Sent, "description": "It was stored before: nothing was added."},
        **problems(
            SessionEnded,
            ChatNotFound,
            MessageNotFound,
            KeyReused,
            ReplyUnfinished,
            NothingToGoOn,
            QueueFull,
        ),
    },
)
def ask_again(
    chat_id: UUID,
    body: NewReply,
    person: Person,
    database: Db,
    settings: Config,
    bells: Bells,
    response: Response,
) -> Sent:
    """A new version of a reply, to the same question, at which the branch shown ends. With
    `go_on` it begins with the old one's text. Waiting and claiming are those of a message."""
    with database.person(person) as connection:
        sent = asking_again.ask_again(
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


@person_router.post(
    "/{reply_id}/stop",
    summary="Stop a reply",
    responses=problems(SessionEnded, ChatNotFound, ReplyNotFound),
)
def stop_reply(
    chat_id: UUID, reply_id: ReplyId, person: Person, database: Db, bells: Bells
) -> Reply:
    """A waiting reply is stopped at once; a running one as soon as its runner hears of it.
    What was written stays. A final reply is not changed."""
    with database.person(person) as connection:
        reply = finishing.stop(connection, person, chat_id, reply_id)
    bells.wake([chat_id])
    return reply


@runner_router.post(
    "/claim",
    summary="Claim the next reply",
    responses={204: {"description": "Nothing to do, or no slot is free."}, **problems()},
    response_model=Claim,
)
def claim_reply(
    body: ClaimRequest, database: Db, settings: Config, bells: Bells
) -> Claim | Response:
    """The reply whose turn it is, for ten seconds; `POST /replies/progress` renews that. Replies
    whose runner vanished come first, with what was written already."""
    with database.runner() as connection:
        claim = claiming.claim_next(connection, body.worker, settings.lm_slots)
    if claim is None:
        return Response(status_code=204)
    bells.wake([claim.chat_id])
    return claim


@runner_router.post("/progress", summary="Store text, show a sign of life", responses=problems())
def store_progress(body: ProgressRequest, database: Db, bells: Bells) -> ProgressResult:
    """For all running replies of a worker at once. Text is added only if the worker holds the
    reply and `offset` is where the stored text ends; then the lease is renewed too."""
    with database.runner_once() as connection:
        stored, grew, turned = progress.store_progress(connection, body)
    bells.wake(turned)
    bells.wake(grew - turned, text_only=True)
    return ProgressResult(replies=stored)


@runner_router.post(
    "/{reply_id}/finish",
    summary="Finish a reply",
    responses=problems(LeaseLost, OffsetDiffers),
)
def finish_reply(
    reply_id: ReplyId, body: FinishRequest, database: Db, settings: Config, bells: Bells
) -> FinishResult:
    """Adds the last text and closes the reply; with `claim_next`, claims the next one in the same
    step. Repeated by the same worker it answers the same."""
    with database.runner() as connection:
        reply, chat_id, length = finishing.finish(
            connection, reply_id, body, context_size=settings.lm_context
        )
        upcoming = None
        if body.claim_next:
            upcoming = claiming.claim_next(connection, body.worker, settings.lm_slots)
    bells.wake([chat_id] if upcoming is None else [chat_id, upcoming.chat_id])
    return FinishResult(reply=reply, length=length, next=upcoming)


@runner_router.post(
    "/{reply_id}/shorten",
    summary="Get a shorter prompt",
    responses=problems(LeaseLost, NothingToShorten),
)
def shorten_prompt(reply_id: ReplyId, body: ClaimRequest, database: Db) -> ShorterPrompt:
    """For a prompt the model refused as too long: about half of it, its beginning left out."""
    with database.runner() as connection:
        return finishing.shorten(connection, reply_id, body.worker)


@runner_router.post("/release", summary="Hand replies back", responses=problems())
def release_replies(body: ClaimRequest, database: Db, bells: Bells) -> ReleaseResult:
    """For a worker that shuts down: its running replies wait again, with their text."""
    with database.runner() as connection:
        chats = claiming.release_all(connection, body.worker)
    bells.wake(chats)
    return ReleaseResult(released=len(chats))
