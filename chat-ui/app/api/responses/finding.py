"""Responses that were asked for before, by their ids, and what was said in them."""

import re
from uuid import UUID

from app.api.caller import Caller
from app.api.errors import ApiError
from app.api.watch import Moment
from app.clients.queue_types import Completion
from app.clients.types import Message
from app.errors import NotFound
from app.services import Services

ID = re.compile("resp_([0-9a-f]{32})")
NO_RESPONSE = "There is no such response."


def find_moment(message: Message) -> Moment:
    """A stored reply as it is."""
    if message.reply is None:
        raise NotFound
    return Moment(message.content, message.reply)


async def find_response(services: Services, caller: Caller, response_id: str) -> Completion:
    """One of the session's; ApiError for whatever else is called so."""
    found = ID.fullmatch(response_id)
    try:
        if found:
            return await services.completions.find(caller.session, UUID(found[1]))
    except NotFound:
        pass
    raise ApiError(404, NO_RESPONSE, "not_found", "response_id")


async def find_previous(services: Services, caller: Caller, response_id: str) -> Completion:
    name = "previous_response_id"
    try:
        previous = await find_response(services, caller, response_id)
    except ApiError as error:
        message = "The previous response was not found."
        raise ApiError(400, message, "previous_response_not_found", name) from error
    if not find_moment(previous.reply).reply.final:
        raise ApiError(400, "The previous response isn't finished.", "invalid_value", name)
    return previous


async def read_before(
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
