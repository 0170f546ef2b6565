"""`/v1/responses` over a WebSocket, as OpenAI's: a `response.create` is answered with the events
that a stream has, and after its end the next one may come."""

import asyncio
import contextlib
import json
import logging
import time
from typing import Any

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from app.api.body import check_size, find_most, parse_json
from app.api.caller import Caller
from app.api.errors import ApiError, describe, find_status, write_error
from app.api.fields import refuse, refuse_unsupported, require
from app.api.forgetting import forget_later
from app.api.paths import PREFIX
from app.api.requests import Marks, identify, wants_fresh
from app.api.responses.admission import admit, count
from app.api.responses.beginning import Begun, begin
from app.api.responses.request import ResponseRequest
from app.api.watch import ASK_SECONDS, Restarting
from app.clients.types import Message
from app.errors import ParleyError, SessionEnded, TokenRefused, Unavailable
from app.services import Services
from app.turns import take_turn

router = APIRouter(prefix=f"{PREFIX}/responses")

IMPLIED = {"stream": True, "background": False, "generate": True}  # all that can be asked for here
TELLING = ("retry-after", "x-ratelimit-")  # headers of a refusal that are part of its event
LONGEST_SECONDS = 60 * 60  # of a connection, as OpenAI's
MOST_REFUSED = 10  # one after another
# Why it ends (RFC 6455, 7.4.1, and IANA's registry of such codes). OpenAI's SDK connects again
# after all of these but POLICY and UNSUPPORTED.
AWAY, UNSUPPORTED, POLICY, FAULT, RESTART = 1001, 1003, 1008, 1011, 1012

log = logging.getLogger(__name__)


@router.websocket("")
async def talk(socket: WebSocket) -> None:
    """Whoever may not is refused as over HTTP, before there is a connection. No cookie is read, and
    browsers send no tokens here."""
    services: Services = socket.app.state.services
    try:
        async with take_turn(socket):
            caller, key = await admit(socket, services)
        with count(caller.session):
            await socket.accept()
            await Conversation(socket, services, caller, key).run()
    except ParleyError as error:
        await socket.send_denial_response(write_error(error))


class Conversation:
    """One connection. What is being written at its end is paused, as if an HTTP connection were
    cut."""

    def __init__(
        self, socket: WebSocket, services: Services, caller: Caller, key: str | None
    ) -> None:
        self._socket, self._services, self._caller, self._key = socket, services, caller, key
        self._answering: asyncio.Task[None] | None = None
        self._refused = 0  # since the last response
        self._unstored: Message | None = None  # the newest response of `store: false`

    async def run(self) -> None:
        """Until either side ends it."""
        keeping = asyncio.create_task(self._keep())
        try:
            while (text := await self._receive()) is not None:
                if self._is_answering:
                    message = "One response at a time: wait for the end of this one."
                    await self._refuse(ApiError(409, message, "response_already_in_flight"))
                else:
                    self._answering = asyncio.create_task(self._answer(text))
        finally:
            tasks = [task for task in (keeping, self._answering) if task]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._forget(None)

    @property
    def _is_answering(self) -> bool:
        return self._answering is not None and not self._answering.done()

    async def _receive(self) -> str | None:
        """The next text; None if the connection has ended."""
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            return None
        text: str | None = message.get("text")
        if text is None:
            await self._close(UNSUPPORTED, "Send JSON as text.")
        return text

    async def _answer(self, text: str) -> None:
        try:
            async with take_turn(self._socket):
                begun = await self._begin(text)
            try:
                async for event in begun.view.tell(begun.watch, after=-1):
                    if isinstance(event, dict):
                        await self._socket.send_json(event)
            finally:
                begun.watch.leave()
                if not begun.watch.delivered:  # it is paused
                    self._unstored = None
        except Exception as error:
            await self._refuse(error)

    async def _begin(self, text: str) -> Begun:
        check_size(len(text.encode()), await find_most(self._services))
        fields = _read_event(parse_json(text.encode()))
        asked = ResponseRequest.read(fields, (await self._services.limits.get()).reply_tokens)
        # One key for the connection: with it, the same event is the same request.
        key = f"{self._key} {json.dumps(fields, sort_keys=True)}" if self._key else None
        is_fresh = wants_fresh(self._socket.headers.get("cache-control", ""))
        marks = Marks(key, is_fresh=is_fresh)
        identity = identify(self._socket, self._caller, marks, fields)
        begun = await begin(self._services, self._caller, asked, identity, marks)
        self._refused = 0
        self._forget(None if asked.options.stored else begun.reply)
        return begun

    def _forget(self, next_one: Message | None) -> None:
        """What is not stored can be continued by the next response of the connection."""
        if self._unstored:
            forget_later(self._services, self._caller, self._unstored)
        self._unstored = next_one

    async def _keep(self) -> None:
        """Ends it when its token does, or when it is old."""
        begun = time.monotonic()
        while time.monotonic() - begun < LONGEST_SECONDS or self._is_answering:
            await asyncio.sleep(ASK_SECONDS)
            try:
                await self._services.tokens.use(self._caller.token)
            except Unavailable:
                pass  # it is asked again
            except ParleyError as error:
                await self._refuse(error)
        message = "A connection lasts an hour. Open another one."
        await self._send(
            describe_event(ApiError(400, message, "websocket_connection_limit_reached"))
        )
        await self._close(AWAY, message)

    async def _refuse(self, error: Exception) -> None:
        """Says why, and ends the connection if nothing better is to be expected of it."""
        if isinstance(error, WebSocketDisconnect):
            return
        if isinstance(error, Restarting):
            await self._close(RESTART, error.message)
            return
        if not isinstance(error, ParleyError):
            log.error("A response over a WebSocket failed", exc_info=error)
        await self._send(describe_event(error))
        self._refused += 1
        if not isinstance(error, ParleyError):
            await self._close(FAULT)
        elif isinstance(error, TokenRefused | SessionEnded):
            await self._close(POLICY, "The token is no longer good.")
        elif self._refused >= MOST_REFUSED:
            await self._close(POLICY, "Too much had to be refused.")

    async def _send(self, event: dict[str, Any]) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # it has ended meanwhile
            await self._socket.send_json(event)

    async def _close(self, code: int, reason: str | None = None) -> None:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await self._socket.close(code, reason)


def describe_event(error: Exception) -> dict[str, Any]:
    """A refusal as an event: what the answer over HTTP would have been."""
    headers = write_error(error).headers
    told = {name: value for name, value in headers.items() if name.startswith(TELLING)}
    detail = describe(error)["error"]
    if told:
        detail["headers"] = told
    return {"type": "error", "status": find_status(error), "error": detail}


def _read_event(fields: dict[str, Any]) -> dict[str, Any]:
    """What `POST /v1/responses` would have been asked; ApiError for any other event."""
    kind = require(fields, "type")
    if kind != "response.create":
        refuse("type", "is response.create, of all events")
    fields = {name: value for name, value in fields.items() if name != "type"}
    for name, implied in IMPLIED.items():
        value = fields.pop(name, None)
        if value is not None and value is not implied:
            refuse_unsupported(name)
    return fields
