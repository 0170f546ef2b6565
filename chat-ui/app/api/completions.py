"""`/v1/chat/completions`: a view over the same queue as the pages. The reply is a row, stored, then
sent."""

import json
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from app.api.body import read_json
from app.api.caller import Chatter
from app.api.calls import Said, describe_call, read_said
from app.api.chat_request import ChatRequest
from app.api.errors import ApiError, describe
from app.api.models import find_model, refuse_model
from app.api.openapi import chat_body, errors
from app.api.paths import PREFIX
from app.api.requests import RequestMarks, freshen, identify
from app.api.told_limits import tell_position, tell_room
from app.api.watch import KEEP_ALIVE_SECONDS, QUEUED_SECONDS, Moment, ProgramLeft, Watch
from app.clients.types import Reply
from app.errors import InvalidInput, KeyReused, ParleyError
from app.services import AppServices
from app.turns import end_turn

router = APIRouter(prefix=f"{PREFIX}/chat/completions", tags=["API for programs"])

STREAM_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
EMPTY: Mapping[str, str] = MappingProxyType({})
NO_STORE = {"Cache-Control": "no-store"}
LEFT = 499  # the status of an answer that nobody reads, as nginx has it
DONE = b"data: [DONE]\n\n"
KEEP_ALIVE = b": keep-alive\n\n"
# Why there is no reply, by the kind of its error.
FAILURES = {
    "prompt-too-long": (400, "context_length_exceeded", "The messages are too long for the model."),
    "model-refused": (400, "model_refused", "The model refuses this request."),
}
BROKE = (502, "model_failed", "The model failed several times.")
STOPPED = (409, "stopped", "The reply was stopped.")
REUSED = "This Idempotency-Key came with another request before. Send a new one."


@router.post(
    "",
    summary="Ask for a reply",
    responses={
        200: {"content": {"application/json": {}, "text/event-stream": {}}},
        **errors(400, 401, 403, 404, 413, 422, 429, 503),
    },
    openapi_extra=chat_body(),
)
async def complete(
    request: Request, caller: Chatter, marks: RequestMarks, services: AppServices
) -> Response:
    """As OpenAI's. The reply waits in the queue as everybody's do; the answer begins with its first
    words, or if these take long as a stream of comments, which tell the queue position. A
    connection that is cut pauses it; the same request again continues it."""
    limits = await services.limits.get()
    fields = await read_json(request, services)
    asked = ChatRequest.read(fields, limits.reply_tokens)
    model = await find_model(services)
    if asked.model != model:
        refuse_model(model)
    try:
        identity = identify(request, caller, marks, fields)
        new = {**freshen(asked.asked, marks), **identity, "listens": True}
        sent = await services.completions.create(caller.session, new, services.worker)
    except KeyReused as error:
        raise ApiError(422, REUSED, "idempotency_key_reused") from error
    except InvalidInput as error:
        raise ApiError(400, "The request can't be taken.", "invalid_value") from error
    watch = await Watch.begin(services, caller, sent, keyed=marks.key is not None)
    room = tell_room(sent.room)
    began = time.monotonic()
    end_turn(request)
    moments = watch.follow(request)
    is_streamed = False
    try:
        async for moment in moments:
            if moment.reply.final:
                check_failed(moment.reply, begun=False)
            patience = QUEUED_SECONDS if moment.reply.queue_position else KEEP_ALIVE_SECONDS
            is_late = time.monotonic() - began >= patience
            if asked.streams and (moment.text or moment.reply.final or is_late):
                chunks = Chunks(watch, model, asked)
                is_streamed = True
                headers = room | tell_cache(moment.reply) | tell_position(moment.reply)
                return WatchedStream(watch, chunks.stream(), headers)
        if await request.is_disconnected():
            raise ProgramLeft
        watch.delivered = True
        told = write_completion(watch, model, moment, has_tools=asked.has_tools)
        return JSONResponse(told, headers=NO_STORE | room | tell_cache(moment.reply))
    except ProgramLeft:
        return Response(status_code=LEFT)
    finally:
        await moments.aclose()
        if not is_streamed:
            watch.leave()


class WatchedStream(StreamingResponse):
    """Leaves the watch at its end, also if it is cut before a byte was sent."""

    def __init__(
        self, watch: Watch, content: AsyncGenerator[bytes], told: Mapping[str, str] = EMPTY
    ) -> None:
        headers = STREAM_HEADERS | dict(told)
        super().__init__(content, media_type="text/event-stream", headers=headers)
        self._watch = watch
        self.when_delivered: Callable[[], None] = lambda: None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._watch.leave()
            if self._watch.delivered:
                self.when_delivered()


class Chunks:
    """The reply as server-sent events, as OpenAI's clients read them."""

    def __init__(self, watch: Watch, model: str, asked: ChatRequest) -> None:
        self._watch, self._model = watch, model
        self._tells_usage, self._has_tools = asked.tells_usage, asked.has_tools

    async def stream(self) -> AsyncGenerator[bytes]:
        """From its beginning to its end, or to an error that says why there is no more."""
        sent, has_begun = "", False
        try:
            async for moment in self._watch.follow():
                said = read_said(moment.text, self._watch.id, has_tools=self._has_tools)
                more = said.text[len(sent) :]
                if not has_begun and (more or moment.reply.final):
                    has_begun = True
                    yield self._write({"role": "assistant", "content": None if said.call else ""})
                if more:
                    yield self._write({"content": more})
                    sent = said.text
                elif not moment.reply.final:
                    yield keep_alive(moment.reply)
                if moment.reply.final:
                    check_failed(moment.reply, begun=True)
                    if said.call:
                        call = {"index": 0, **describe_call(said.call)}
                        yield self._write({"tool_calls": [call]})
                    yield self._write({}, find_reason(moment.reply, said))
                    if self._tells_usage:
                        yield self._write_chunk([], count(moment.reply))
            yield DONE
            self._watch.delivered = True
        except ParleyError as error:
            yield format_data(describe(error))

    def _write(self, delta: dict[str, Any], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return self._write_chunk([choice], None)

    def _write_chunk(self, choices: list[dict[str, Any]], usage: dict[str, int] | None) -> bytes:
        # Without being asked for, a usage confuses clients.
        asked = {"usage": usage} if self._tells_usage else {}
        head = head_of(self._watch, self._model, "chat.completion.chunk")
        return format_data({**head, "choices": choices, **asked})


def write_completion(
    watch: Watch, model: str, moment: Moment, *, has_tools: bool
) -> dict[str, Any]:
    """The reply in one piece."""
    said = read_said(moment.text, watch.id, has_tools=has_tools)
    message: dict[str, Any] = {"role": "assistant", "content": None if said.call else said.text}
    if said.call:
        message["tool_calls"] = [describe_call(said.call)]
    choice = {
        "index": 0,
        "message": {**message, "refusal": None, "annotations": []},
        "logprobs": None,
        "finish_reason": find_reason(moment.reply, said),
    }
    head = head_of(watch, model, "chat.completion")
    return {**head, "choices": [choice], "usage": count(moment.reply)}


def head_of(watch: Watch, model: str, kind: str) -> dict[str, Any]:
    """What every object says."""
    return {
        "id": f"chatcmpl-{watch.id.hex}",
        "object": kind,
        "created": watch.created,
        "model": model,
    }


def tell_cache(reply: Reply) -> dict[str, str]:
    """The header that says whether it is an earlier answer."""
    return {"X-Cache": "hit"} if reply.cached else {}


def keep_alive(reply: Reply) -> bytes:
    """A comment, while there is nothing else to tell: the queue position, if it has one."""
    position = reply.queue_position
    return f": queued {position}\n\n".encode() if position else KEEP_ALIVE


def find_reason(reply: Reply, said: Said | None = None) -> str:
    """Why it ends where it does."""
    if reply.error is not None and reply.error.kind == "reply-limit":
        return "length"
    return "tool_calls" if said and said.call else "stop"


def count(reply: Reply) -> dict[str, int]:
    """The tokens that were read and written."""
    read, written = reply.prompt_tokens or 0, reply.completion_tokens or 0
    return {
        "prompt_tokens": read,
        "completion_tokens": written,
        "total_tokens": read + written,
    }


def check_failed(reply: Reply, *, begun: bool, given: str = "messages") -> None:
    """ApiError if there is no reply, or not all of it; `begun`: some of it was sent.
    `given` is what has the prompt."""
    if reply.state == "complete":
        return
    kind = reply.error.kind if reply.error else ""
    status, code, words = find_failure(reply)
    param = given if kind == "prompt-too-long" else None
    if begun:
        words = f"{words} What was sent is all there is."
    raise ApiError(status, words, code, param)


def find_failure(reply: Reply) -> tuple[int, str, str]:
    """Why there is no reply: a status, a code and words."""
    kind = reply.error.kind if reply.error else ""
    return STOPPED if reply.state == "stopped" else FAILURES.get(kind, BROKE)


def format_data(data: dict[str, Any]) -> bytes:
    """One event without a name."""
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()
