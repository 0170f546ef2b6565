"""Asks for a response: over HTTP and over a WebSocket alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.api.caller import Caller
from app.api.chat_request import write_system
from app.api.completions import REUSED
from app.api.echo import check_results, write_reply
from app.api.errors import ApiError
from app.api.fields import refuse
from app.api.given_messages import MOST_MESSAGES
from app.api.models import find_model, refuse_model
from app.api.requests import Marks, freshen
from app.api.responses.finding import find_previous, read_before
from app.api.responses.request import ResponseRequest
from app.api.responses.view import ResponseView
from app.api.watch import Observation, Watch
from app.clients.queue_types import Completion
from app.clients.types import Message
from app.clients.usage_types import Room
from app.errors import InvalidInput, KeyReused
from app.services import Services


@dataclass(frozen=True)
class Begun:
    """A response that is being written, or was before."""

    reply: Message
    view: ResponseView
    watch: Watch
    room: Room | None


async def begin(
    services: Services,
    caller: Caller,
    asked: ResponseRequest,
    identity: Mapping[str, object],
    marks: Marks,
) -> Begun:
    """Stores it and watches it, until the watch is left; `identity` is of `identify`. ApiError and
    what sending a message raises if it can't be."""
    model = await find_model(services)
    if asked.options.model != model:
        refuse_model(model)
    new = freshen(await _continue(services, caller, asked), marks)
    new |= {**identity, "listens": not asked.options.background}
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
    return Begun(sent.reply, view, watch, sent.room)


async def _continue(services: Services, caller: Caller, asked: ResponseRequest) -> dict[str, Any]:
    """All of db-api's `NewCompletion`: what was said in the response before, and then this."""
    options, before, previous = asked.options, [], None
    if options.previous is not None:
        previous = await find_previous(services, caller, options.previous)
        for said in await read_before(services, caller, previous.reply, previous.reply.seq):
            before.append({"role": said.role, "content": said.content})
        if reply := write_reply(previous):
            before.append({"role": "assistant", "content": reply})
        options = options.model_copy(
            update={"system": [*previous.response.system, *options.system]}
        )
    history = before + asked.asked["history"]
    if len(history) > MOST_MESSAGES:
        refuse("previous_response_id", f"leads to more than {MOST_MESSAGES} messages")
    check_results(asked.unknown, previous)
    system = [options.instructions] if options.instructions else []
    return {
        **asked.asked,
        "history": history,
        "system_prompt": write_system([*system, *options.system], asked.tools),
        "response": options.model_dump(),
    }
