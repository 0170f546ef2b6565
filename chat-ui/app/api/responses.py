"""`/v1/responses`: a view over the same replies as chat completions, which is kept and can be asked
for again."""

import asyncio
import re
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from app.api.body import read_json
from app.api.caller import Caller, Chatter
from app.api.completions import NO_STORE, REUSED, WatchedStream, check_failed
from app.api.errors import ApiError
from app.api.models import find_model, refuse_model
from app.api.openapi import errors, response_body
from app.api.paths import PREFIX
from app.api.requests import RequestMarks, identify
from app.api.response_request import ResponseRequest
from app.api.response_view import ResponseView
from app.api.watch import Moment, Observation, ProgramLeft, Watch
from app.clients.queue_types import Completion
from app.clients.types import Message
from app.errors import InvalidInput, KeyReused, NotFound, ParleyError, Unavailable
from app.services import AppServices, Services
from app.turns import end_turn

router = APIRouter(prefix=f"{PREFIX}/responses", tags=["API for programs"])

ID = re.compile("resp_([0-9a-f]{32})")
STOP_LOOKS, LOOK_SECONDS = 50, 0.1  # how long a cancelled one may take to end
NO_RESPONSE = "There is no such response."
KINDS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {}, "text/event-stream": {}}}
}

_forgetting: set[asyncio.Task[None]] = set()  # tasks are kept by nobody else


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
    limits = await services.limits.get()
    fields = await read_json(request, services)
    asked = ResponseRequest.read(fields, limits.reply_tokens)
    model = await find_model(services)
    if asked.options.model != model:
        refuse_model(model)
    new = await _continue(services, caller, asked)
    new |= {**identify(request, caller, marks, fields), "listens": not asked.options.background}
    try:
        sent = await services.completions.create(caller.session, new, services.worker)
    except KeyReused as error:
        raise ApiError(422, REUSED, "idempotency_key_reused") from error
    except InvalidInput as error:
        raise ApiError(400, "The request can't be taken.", "invalid_value") from error
    completion = Completion(
        reply=sent.reply,
        response=new["response"],
        temperature=new["temperature"],
        reply_tokens=new["reply_tokens"],
        sampling=new["sampling"],
    )
    view = ResponseView(completion, services.settings.temperature)
    watch: Watch
    if asked.options.background:
        watch = await Observation.begin_unheard(services, caller, sent)
    else:
        watch = await Watch.begin(services, caller, sent, keyed=marks.key is not None)
    if asked.streams:
        end_turn(request)
        stream = WatchedStream(watch, view.stream(watch, after=-1))
        if not asked.options.stored:
            stream.at_end = lambda: _forget_later(services, caller, sent.reply)
        return stream
    try:
        if asked.options.background:
            return _answer(view.write(find_moment(sent.reply)))
        end_turn(request)
        moment = await _wait(watch, request)
        watch.delivered = True
        return _answer(view.write(moment))
    except ProgramLeft:
        return Response(status_code=499)  # which nobody reads
    finally:
        watch.leave()
        if not asked.options.stored:
            _forget_later(services, caller, sent.reply)


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
    end."""
    if starting_after != -1 and not stream:
        raise ApiError(400, "starting_after is only for stream.", "invalid_value", "starting_after")
    completion = await _find(services, caller, response_id)
    view = ResponseView(completion, services.settings.temperature)
    if not stream:
        return _answer(view.write(find_moment(completion.reply)))
    watch = await Observation.join(services, caller, completion.reply)
    end_turn(request)
    return WatchedStream(watch, view.stream(watch, starting_after))


@router.post(
    "/{response_id}/cancel",
    summary="Cancel a response",
    responses=errors(400, 401, 403, 404, 503),
)
async def cancel_response(response_id: str, caller: Chatter, services: AppServices) -> Response:
    """Only those with `background`. What was written stays; one that has ended stays as it is."""
    completion = await _find(services, caller, response_id)
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
        completion = await _find(services, caller, response_id)
    view = ResponseView(completion, services.settings.temperature)
    return _answer(view.write(find_moment(completion.reply)))


@router.delete("/{response_id}", summary="Delete a response", responses=errors(401, 403, 404, 503))
async def delete_response(response_id: str, caller: Chatter, services: AppServices) -> Response:
    """It is not found any more. What is not finished is stopped."""
    reply = (await _find(services, caller, response_id)).reply
    await services.chats.remove(caller.session, reply.chat_id)
    if services.runner:
        services.runner.stop(reply.id)
    return _answer({"id": response_id, "object": "response", "deleted": True})


@router.get(
    "/{response_id}/input_items",
    summary="List what a response was asked",
    responses=errors(400, 401, 403, 404, 503),
)
async def list_input_items(
    response_id: str,
    caller: Chatter,
    services: AppServices,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    order: Literal["asc", "desc"] = "desc",
    after: Annotated[str, Query(max_length=100, description="The id of the last item read.")] = "",
) -> Response:
    """Its own input, without that of the responses before it and without `instructions`."""
    completion = await _find(services, caller, response_id)
    reply, options = completion.reply, completion.response
    items = [
        _write_input(f"msg_{reply.id.hex}_{number}", "system", text)
        for number, text in enumerate(options.system)
    ]
    for said in await _read_before(services, caller, reply, options.given + 1):
        items.append(_write_input(f"msg_{said.id.hex}", said.role, said.content))
    if order == "desc":
        items.reverse()
    ids = [item["id"] for item in items]
    if after and after not in ids:
        raise ApiError(400, "after is no item of this response.", "invalid_value", "after")
    begin = ids.index(after) + 1 if after else 0
    page = items[begin : begin + limit]
    told = {
        "object": "list",
        "data": page,
        "first_id": page[0]["id"] if page else None,
        "last_id": page[-1]["id"] if page else None,
        "has_more": begin + limit < len(items),
    }
    return _answer(told)


def find_moment(message: Message) -> Moment:
    """A stored reply as it is."""
    if message.reply is None:
        raise NotFound
    return Moment(message.content, message.reply)


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


async def _find(services: Services, caller: Caller, response_id: str) -> Completion:
    """One of the session's; ApiError for whatever else is called so."""
    found = ID.fullmatch(response_id)
    try:
        if found:
            return await services.completions.find(caller.session, UUID(found[1]))
    except NotFound:
        pass
    raise ApiError(404, NO_RESPONSE, "not_found", "response_id")


async def _continue(services: Services, caller: Caller, asked: ResponseRequest) -> dict[str, Any]:
    """All of db-api's `NewCompletion`: what was said in the response before, and then this."""
    options, before = asked.options, []
    if options.previous is not None:
        previous = await _find_previous(services, caller, options.previous)
        for said in await _read_before(services, caller, previous.reply, previous.reply.seq):
            before.append({"role": said.role, "content": said.content})
        if previous.reply.content:
            before.append({"role": "assistant", "content": previous.reply.content})
        options = options.model_copy(
            update={"system": [*previous.response.system, *options.system]}
        )
    system = [options.instructions] if options.instructions else []
    return {
        **asked.asked,
        "history": before + asked.asked["history"],
        "system_prompt": "\n\n".join([*system, *options.system]),
        "response": options.model_dump(),
    }


async def _find_previous(services: Services, caller: Caller, response_id: str) -> Completion:
    name = "previous_response_id"
    try:
        previous = await _find(services, caller, response_id)
    except ApiError as error:
        message = "The previous response was not found."
        raise ApiError(400, message, "previous_response_not_found", name) from error
    if not find_moment(previous.reply).reply.final:
        raise ApiError(400, "The previous response isn't finished.", "invalid_value", name)
    return previous


async def _read_before(
    services: Services, caller: Caller, reply: Message, count: int
) -> list[Message]:
    """As many of the messages before it, oldest first."""
    after: int | None = max(0, reply.seq - 1 - count)
    said: list[Message] = []
    while after is not None:
        page = await services.messages.read_all(caller.session, reply.chat_id, after=after)
        said += [message for message in page.items if message.seq < reply.seq]
        after = page.next
    return said


def _write_input(id: str, role: str, text: str) -> dict[str, Any]:
    kind = "output_text" if role == "assistant" else "input_text"
    part: dict[str, Any] = {"type": kind, "text": text}
    if role == "assistant":
        part["annotations"] = []
    content = [part]
    return {"type": "message", "id": id, "role": role, "status": "completed", "content": content}


def _answer(told: dict[str, Any]) -> JSONResponse:
    return JSONResponse(told, headers=NO_STORE)


def _forget_later(services: Services, caller: Caller, reply: Message) -> None:
    """The connection may be gone, and with it whoever could wait for this."""
    task = asyncio.create_task(_forget(services, caller.session, reply.chat_id))
    _forgetting.add(task)
    task.add_done_callback(_forgetting.discard)


async def _forget(services: Services, session: UUID, chat: UUID) -> None:
    """However long db-api is away."""
    while True:
        try:
            await services.chats.remove(session, chat)
            return
        except Unavailable:
            await asyncio.sleep(LOOK_SECONDS)
        except ParleyError:
            return  # it is gone
