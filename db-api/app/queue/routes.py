"""Claim, store, finish and hand back replies, for runners; stop one, for people."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from app.errors import (
    CallDiffers,
    ChatNotFound,
    LeaseLost,
    OffsetDiffers,
    ReplyNotFound,
    SessionEnded,
)
from app.limits import MOST_CALLS
from app.queue import calls, claim, finish, progress, release, stop
from app.queue.schemas import (
    CallResult,
    Claim,
    FinishRequest,
    FinishResult,
    NewCall,
    ProgressRequest,
    ProgressResult,
    ReleaseRequest,
    ReleaseResult,
)
from app.replies.schemas import Reply
from app.web.auth import Person
from app.web.deps import Config, Db, Notifier
from app.web.openapi import problems
from app.web.routing import ThreadRoute
from app.web.runners import ReplyId, WorkerName

CallNumber = Annotated[int, Path(ge=1, le=MOST_CALLS, description="Counted from 1.")]

router = APIRouter(route_class=ThreadRoute)
runners = APIRouter(prefix="/replies", tags=["runners"], route_class=ThreadRoute)


@router.post(
    "/chats/{chat_id}/replies/{reply_id}/stop",
    tags=["replies"],
    summary="Stop a reply",
    responses=problems(SessionEnded, ChatNotFound, ReplyNotFound),
)
def stop_reply(
    chat_id: UUID, reply_id: ReplyId, person: Person, database: Db, notifier: Notifier
) -> Reply:
    """A queued reply is stopped at once; a running one as soon as its runner hears of it.
    What was written stays. A final reply is not changed."""
    with database.person(person) as connection:
        reply = stop.stop(connection, person, chat_id, reply_id)
    notifier.notify([chat_id])
    return reply


@runners.post(
    "/claim",
    summary="Claim the next reply",
    responses={204: {"description": "Nothing to do, or no slot is free."}, **problems()},
    response_model=Claim,
)
def claim_reply(
    body: WorkerName, database: Db, settings: Config, notifier: Notifier
) -> Claim | Response:
    """The reply whose turn it is, under a lease that `POST /replies/progress` renews. Replies whose
    runner vanished come first, with what was written already."""
    with database.runner() as connection:
        claimed = claim.claim_next(connection, body.worker, settings.lm_slots)
    if claimed is None:
        return Response(status_code=204)
    notifier.notify([claimed.chat_id])
    return claimed


@runners.post("/progress", summary="Store text, renew leases", responses=problems())
def store_progress(body: ProgressRequest, database: Db, notifier: Notifier) -> ProgressResult:
    """For all running replies of a worker at once. Text is added only if the worker holds the
    reply and `offset` is where the step's stored text ends; then the lease is renewed, too."""
    with database.runner_statement() as connection:
        changes = progress.store_progress(connection, body)
    notifier.notify(changes.phase_changed)
    notifier.notify(changes.grew - changes.phase_changed, text_only=True)
    return ProgressResult(replies=changes.results)


@runners.put(
    "/{reply_id}/calls/{number}",
    summary="Store a call of a tool",
    status_code=204,
    responses=problems(LeaseLost, CallDiffers),
)
def begin_call(
    reply_id: ReplyId, number: CallNumber, body: NewCall, database: Db, notifier: Notifier
) -> None:
    """Before it is run. A call that is stored already is never run again: a claim has it with its
    result, or without one if it was interrupted."""
    with database.runner() as connection:
        chat_id = calls.begin_call(connection, reply_id, number, body)
    notifier.notify([chat_id])


@runners.put(
    "/{reply_id}/calls/{number}/result",
    summary="Store a call's result",
    status_code=204,
    responses=problems(LeaseLost, CallDiffers),
)
def end_call(
    reply_id: ReplyId, number: CallNumber, body: CallResult, database: Db, notifier: Notifier
) -> None:
    """Once; a second one changes nothing."""
    with database.runner() as connection:
        chat_id = calls.end_call(connection, reply_id, number, body)
    notifier.notify([chat_id])


@runners.post(
    "/{reply_id}/finish", summary="Finish a reply", responses=problems(LeaseLost, OffsetDiffers)
)
def finish_reply(
    reply_id: ReplyId, body: FinishRequest, database: Db, settings: Config, notifier: Notifier
) -> FinishResult:
    """Adds the last text and closes the reply; with `claim_next`, claims the next one in the same
    step. Repeated by the same worker it answers the same."""
    with database.runner() as connection:
        reply, chat_id, length = finish.finish(
            connection,
            reply_id,
            body,
            context_size=settings.lm_context,
        )
        upcoming = None
        if body.claim_next:
            upcoming = claim.claim_next(connection, body.worker, settings.lm_slots)
    notifier.notify([chat_id] if upcoming is None else [chat_id, upcoming.chat_id])
    return FinishResult(reply=reply, length=length, next=upcoming)


@runners.post("/release", summary="Hand replies back", responses=problems())
def release_replies(body: ReleaseRequest, database: Db, notifier: Notifier) -> ReleaseResult:
    """Running replies are queued again, with their text: by a worker that shuts down, or whose
    model's server died; or for a worker that is known to be dead."""
    with database.runner() as connection:
        chats = release.release(connection, body)
    notifier.notify(chats)
    return ReleaseResult(released=len(chats))
