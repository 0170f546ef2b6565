"""A reply of one's own chats: read, waited for, watched as it is written, stopped, and asked for
again. Whoever stops waiting doesn't stop it, as on a page."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from app.api.body import read_model
from app.api.caller import Caller, Chatter, Reader
from app.api.completions import LEFT, WatchedStream
from app.api.errors import describe
from app.api.openapi import errors, model_body
from app.api.own.bodies import LONGEST_WAIT, Asking, NewVersion
from app.api.own.resources import OwnSent
from app.api.paths import OWN
from app.api.told_limits import tell_sent
from app.api.watch import Observation, ProgramLeft, Restarting
from app.clients.queue_types import Sent
from app.clients.types import Message
from app.errors import NotFound, ParleyError
from app.exports.format import ExportedMessage
from app.forms import make_key
from app.services import AppServices, Services
from app.turns import end_turn
from app.watching.events import format_event

router = APIRouter(prefix=f"{OWN}/chats/{{chat_id}}/replies/{{reply_id}}", tags=["Own chats"])

EVENTS = """The data of each event is a JSON object.

| event | data | means |
|---|---|---|
| `sent` | `chat_id`, `title`, `message`, `reply`, `repeated` | what was stored |
| `text` | `text` | append it |
| `reply` | a reply | how it is doing has changed |
| `message` | a message | the whole reply, at its end |
| `error` | as every error | there is no more to come |
"""
STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": EVENTS, "content": {"text/event-stream": {}}}
}
ASK_SECONDS = 1  # between two looks at what no feed has
STILL_HERE = b": still here\n\n"


class OwnWatch(Observation):
    """A reply for one program. Left before its end, it is written to its end."""

    @classmethod
    async def join(cls, services: Services, caller: Caller, reply: Message) -> "OwnWatch":
        """What becomes of it from now on. LimitReached if the session watches enough."""
        chat, since = reply.chat_id, reply.seq - 1
        most = await find_most_streams(services)
        feed = await services.hub.join(caller.session, chat, since, reply.id, most=most)
        return cls(services, caller, reply, feed)

    async def wait(self, request: Request, seconds: float) -> Message:
        """Up to its end, or for so long; the reply as it is then."""
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    async for each in self._follow(request):
                        self.reply = each
            return self.reply
        finally:
            self.leave()

    async def stream(self, sent: OwnSent | None) -> AsyncGenerator[bytes]:
        """As events, from the text on that `reply` has, which was told before if it was `sent`."""
        text = self.reply.content if sent else ""
        told = None
        try:
            if sent:
                yield format_event("sent", **sent.model_dump(mode="json"))
            async for each in self._follow(None):
                self.reply = each
                events, text = b"", text
                if more := each.content[len(text) :]:
                    events, text = format_event("text", text=more), each.content
                exported = ExportedMessage.of(each)
                if exported.reply and exported.reply != told:
                    told = exported.reply
                    events += format_event("reply", **told.model_dump(mode="json"))
                yield events or STILL_HERE
            last = ExportedMessage.of(self.reply)
            yield format_event("message", **last.model_dump(mode="json"))
        except ParleyError as error:
            yield format_event("error", **describe(error))

    async def _follow(self, request: Request | None) -> AsyncIterator[Message]:
        if self.id not in self._feed.snapshot.messages:  # of a branch that the chat doesn't show
            while not self.reply.reply or not self.reply.reply.final:
                self.reply = await find_reply(self._services, self._caller, self.chat, self.id)
                yield self.reply
                await self._pause(request)
            return
        async with contextlib.aclosing(self.follow(request)) as moments:
            async for moment in moments:
                now = {"content": moment.text, "reply": moment.reply}
                yield self.reply.model_copy(update=now)

    async def _pause(self, request: Request | None) -> None:
        await self._feed.wait(self._feed.snapshot, ASK_SECONDS)
        if self._feed.dismissed:
            raise Restarting
        if request and await request.is_disconnected():
            raise ProgramLeft
        await self._check_token()


async def check_streams(services: Services, caller: Caller, asked: Asking) -> None:
    """LimitReached if there is no room for waiting: before anything is stored."""
    if asked.wait or asked.stream:
        most = await find_most_streams(services)
        services.hub.check_watchers(caller.session, most, more=1)


async def find_most_streams(services: Services) -> int | None:
    """How many a session may watch at once; None while nobody knows."""
    limits = await services.limits.find()
    return limits.streams if limits else None


async def answer(
    request: Request, services: Services, caller: Caller, asked: Asking, sent: Sent, status: int
) -> Response:
    """What was stored, and its reply as the program wants to be told of it."""
    told = OwnSent(
        chat_id=sent.message.chat_id,
        title=sent.title,
        message=ExportedMessage.of(sent.message),
        reply=ExportedMessage.of(sent.reply),
        repeated=sent.repeated,
    )
    if asked.stream:
        watch = await OwnWatch.join(services, caller, sent.reply)
        return WatchedStream(watch, watch.stream(told), tell_sent(sent))
    if asked.wait:
        end_turn(request)
        watch = await OwnWatch.join(services, caller, sent.reply)
        try:
            reply = await watch.wait(request, asked.wait)
        except ProgramLeft:
            return Response(status_code=LEFT)
        told = told.model_copy(update={"reply": ExportedMessage.of(reply)})
    return JSONResponse(told.model_dump(mode="json"), status, tell_sent(sent))


def find_key(request: Request, asked: Asking) -> str:
    """By which it is stored once."""
    return asked.client_key or request.headers.get("idempotency-key") or make_key(request)


async def find_message(services: Services, caller: Caller, chat_id: UUID, message: UUID) -> Message:
    """NotFound if the chat has no such message."""
    page = await services.messages.read(caller.session, chat_id, at=message, limit=3)
    return next(each for each in page.items if each.id == message)


async def find_reply(services: Services, caller: Caller, chat_id: UUID, reply: UUID) -> Message:
    """NotFound if the chat has no such reply."""
    message = await find_message(services, caller, chat_id, reply)
    if message.reply is None:
        raise NotFound
    return message


@router.get("", summary="Read a reply", responses=errors(400, 401, 403, 404, 429, 503))
async def read_reply(
    request: Request,
    chat_id: UUID,
    reply_id: UUID,
    caller: Reader,
    services: AppServices,
    wait: Annotated[
        float, Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait for its end.")
    ] = 0,
) -> ExportedMessage:
    """Its state and its text so far."""
    message = await find_reply(services, caller, chat_id, reply_id)
    if wait and message.reply and not message.reply.final:
        end_turn(request)
        watch = await OwnWatch.join(services, caller, message)
        with contextlib.suppress(ProgramLeft):
            message = await watch.wait(request, wait)
    return ExportedMessage.of(message)


@router.get(
    "/events",
    summary="Watch a reply being written",
    response_class=StreamingResponse,
    responses={**STREAM, **errors(401, 403, 404, 429, 503)},
)
async def watch_reply(
    chat_id: UUID, reply_id: UUID, caller: Reader, services: AppServices
) -> Response:
    """All of its text, then what comes, up to its end."""
    message = await find_reply(services, caller, chat_id, reply_id)
    watch = await OwnWatch.join(services, caller, message)
    return WatchedStream(watch, watch.stream(None))


@router.post("/stop", summary="Stop a reply", responses=errors(401, 403, 404, 503))
async def stop_reply(
    chat_id: UUID, reply_id: UUID, caller: Chatter, services: AppServices
) -> ExportedMessage:
    """What was written stays. Stopping a finished reply changes nothing."""
    await services.replies.stop(caller.session, chat_id, reply_id)
    if services.runner:
        services.runner.stop(reply_id)
    return ExportedMessage.of(await find_reply(services, caller, chat_id, reply_id))


@router.post(
    "/regenerate",
    summary="Ask for a reply again",
    status_code=201,
    response_model=OwnSent,
    responses={**STREAM, **errors(400, 401, 403, 404, 409, 413, 422, 429, 503)},
    openapi_extra=model_body(NewVersion),
)
async def regenerate_reply(
    request: Request, chat_id: UUID, reply_id: UUID, caller: Chatter, services: AppServices
) -> Response:
    """The first one stays, as another version."""
    asked = await read_model(request, services, NewVersion)
    await check_streams(services, caller, asked)
    key, worker = find_key(request, asked), services.worker
    sent = await services.replies.regenerate(
        caller.session, chat_id, reply_id, key, worker, continued=asked.continued
    )
    services.begin_reply(sent)
    return await answer(request, services, caller, asked, sent, 201)
