"""`/v1/responses`: a view over the same replies as chat completions, which is kept and can be asked
for again."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from app.api.body import read_json
from app.api.caller import Chatter
from app.api.completions import EMPTY, LEFT, NO_STORE, WatchedStream, check_failed, tell_cache
from app.api.errors import ApiError
from app.api.forgetting import forget_later
from app.api.openapi import errors, response_body
from app.api.paths import PREFIX
from app.api.requests import RequestMarks, identify
from app.api.responses.beginning import begin
from app.api.responses.finding import find_moment, find_response
from app.api.responses.request import ResponseRequest
from app.api.responses.view import ResponseView
from app.api.told_limits import tell_position, tell_room
from app.api.watch import Moment, Observation, ProgramLeft, Watch
from app.services import AppServices
from app.turns import end_turn

router = APIRouter(prefix=f"{PREFIX}/responses", tags=["API for programs"])

STOP_LOOKS, LOOK_SECONDS = 50, 0.1  # how long a cancelled one may take to end
COMPACT = (
    "Parley does not compact conversations. Ask for a summary as a response, and send that in place"
    " of what came before."
)
KINDS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {}, "text/event-stream": {}}}
}


@router.post(
    "",
    summary="Ask for a response",
    responses={**KINDS, **errors(400, 401, 403, 404, 413, 422, 429, 503)},
    openapi_extra=response_body(),
)
async def create_response(
    request: Request, caller: Chatter, marks: RequestMarks, services: AppServices
) -> Response:
    """As OpenAI's. It waits in the queue as everybody's replies do. With `background` it is written
    whoever waits for it; without, a connection that is cut pauses it, and the same request again
    continues it."""
    fields = await read_json(request, services)
    asked = ResponseRequest.read(fields, (await services.limits.get()).reply_tokens)
    identity = identify(request, caller, marks, fields)
    begun = await begin(services, caller, asked, identity, marks)
    watch, view, reply = begun.watch, begun.view, begun.reply
    room = tell_room(begun.room)
    queued = room | tell_position(reply.reply)
    if asked.streams:
        end_turn(request)
        stream = WatchedStream(watch, view.stream(watch, after=-1), queued)
        if not asked.options.stored:
            stream.when_delivered = lambda: forget_later(services, caller, reply)
        return stream
    try:
        if asked.options.background:
            return _answer(view.write(find_moment(reply)), told=queued)
        end_turn(request)
        moment = await _wait(watch, request)
        if await request.is_disconnected():
            raise ProgramLeft
        watch.delivered = True
        return _answer(view.write(moment), moment, room)
    except ProgramLeft:
        return Response(status_code=LEFT)
    finally:
        watch.leave()
        if watch.delivered and not asked.options.stored:  # else it may be asked for again
            forget_later(services, caller, reply)


@router.post(
    "/compact",
    summary="Not offered: compact a conversation",
    status_code=404,
    responses=errors(401, 403, 503),
)
async def refuse_compact(caller: Chatter) -> Response:
    """Open Responses has it. Clients that ask for it are told what to do in its place; after 501
    they would try again."""
    raise ApiError(404, COMPACT, "unsupported_endpoint")


@router.get(
    "/{response_id}",
    summary="Read a response",
    responses={**KINDS, **errors(400, 401, 403, 404, 503)},
)
async def read_response(
    request: Request,
    response_id: str,
    caller: Chatter,
    services: AppServices,
    stream: bool = False,
    starting_after: Annotated[
        int, Query(ge=-1, le=2**53, description="The number of the last event that came.")
    ] = -1,
) -> Response:
    """As it is now; with `stream` its events, from the first one on or after that one, up to its
    end. Who streams one that a cut connection has paused continues it."""
    if starting_after != -1 and not stream:
        raise ApiError(400, "starting_after is only for stream.", "invalid_value", "starting_after")
    completion = await find_response(services, caller, response_id)
    view = ResponseView(completion, services.settings.temperature)
    if not stream:
        moment = find_moment(completion.reply)
        return _answer(view.write(moment), moment, tell_position(moment.reply))
    if completion.response.background:
        watch: Watch = await Observation.join(services, caller, completion.reply)
    else:
        watch = await Watch.rejoin(services, caller, completion.reply)
    end_turn(request)
    told = tell_position(completion.reply.reply)
    answer = WatchedStream(watch, view.stream(watch, starting_after), told)
    if not completion.response.stored:
        answer.when_delivered = lambda: forget_later(services, caller, completion.reply)
    return answer


@router.post(
    "/{response_id}/cancel",
    summary="Cancel a response",
    responses=errors(400, 401, 403, 404, 503),
)
async def cancel_response(response_id: str, caller: Chatter, services: AppServices) -> Response:
    """Only those with `background`. What was written stays; one that has ended stays as it is."""
    completion = await find_response(services, caller, response_id)
    if not completion.response.background:
        message = "Only a response with background can be cancelled."
        raise ApiError(400, message, "invalid_value", "response_id")
    reply = completion.reply
    if not find_moment(reply).reply.final:
        await services.replies.stop(caller.session, reply.chat_id, reply.id)
        if services.runner:
            services.runner.stop(reply.id)
    for _ in range(STOP_LOOKS):
        if find_moment(completion.reply).reply.final:
            break
        await asyncio.sleep(LOOK_SECONDS)
        completion = await find_response(services, caller, response_id)
    view = ResponseView(completion, services.settings.temperature)
    return _answer(view.write(find_moment(completion.reply)))


@router.delete("/{response_id}", summary="Delete a response", responses=errors(401, 403, 404, 503))
async def delete_response(response_id: str, caller: Chatter, services: AppServices) -> Response:
    """It is not found any more. What is not finished is stopped."""
    reply = (await find_response(services, caller, response_id)).reply
    await services.chats.remove(caller.session, reply.chat_id)
    if services.runner:
        services.runner.stop(reply.id)
    return _answer({"id": response_id, "object": "response", "deleted": True})


async def _wait(watch: Watch, request: Request) -> Moment:
    """Its end; ApiError if it has none that can be shown."""
    moments = watch.follow(request)
    try:
        async for moment in moments:
            if moment.reply.final:
                check_failed(moment.reply, begun=False, given="input")
    finally:
        await moments.aclose()
    return moment


def _answer(
    response: dict[str, Any], moment: Moment | None = None, told: Mapping[str, str] = EMPTY
) -> JSONResponse:
    cache = tell_cache(moment.reply) if moment else {}
    return JSONResponse(response, headers=NO_STORE | cache | dict(told))
