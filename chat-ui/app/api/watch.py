"""Watches the reply that a program waits for, as a page does: a program is one more watcher."""

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from uuid import UUID

from starlette.requests import Request

from app.api.caller import Caller
from app.api.errors import ApiError
from app.clients.queue_types import Sent
from app.clients.types import Reply
from app.errors import ParleyError, Unavailable
from app.services import Services
from app.watching.feed import Feed

LOOK_SECONDS = 0.5  # whether the program is still there
ASK_SECONDS = 4  # whether its token is still good
GONE = "The reply was deleted."
RESTARTING = "Parley is restarting. Send the request again."

_stopping: set[asyncio.Task[None]] = set()  # tasks are kept by nobody else


@dataclass(frozen=True)
class Moment:
    """How the reply is doing: its text, all of which is stored."""

    text: str
    reply: Reply


class ProgramLeft(Exception):
    """Nobody waits for the reply any more."""


class Watch:
    """One reply for one program. Left before the reply's end, it stops it, which frees the slot."""

    def __init__(self, services: Services, caller: Caller, sent: Sent, feed: Feed) -> None:
        self._services, self._caller, self._feed = services, caller, feed
        self.chat, self.id = sent.reply.chat_id, sent.reply.id
        self.created = int(sent.reply.created_at.timestamp())
        self._ended = False
        self._asked = time.monotonic()

    @classmethod
    async def begin(cls, services: Services, caller: Caller, sent: Sent) -> "Watch":
        """From the moment in which it was stored, so that nothing is missed."""
        chat = sent.reply.chat_id
        services.hub.expect(caller.session, chat, sent, plain=True)
        services.begin_reply(sent)
        feed = await services.hub.join(caller.session, chat, sent.message.seq - 1)
        return cls(services, caller, sent, feed)

    async def follow(self, request: Request | None = None) -> AsyncGenerator[Moment]:
        """What it is now, and each time that changes, up to its end. With a request: raises
        ProgramLeft once its connection is cut. Raises ApiError if there is nothing more to come,
        or TokenRefused and SessionEnded within seconds."""
        told: Moment | None = None
        while True:
            snapshot = self._feed.snapshot
            shown = snapshot.messages.get(self.id)
            if shown and shown.message.reply:
                moment = Moment(shown.text, shown.message.reply)
                self._ended = moment.reply.final
                if moment != told:
                    yield moment
                    told = moment
            if self._ended:
                return
            if self._feed.dismissed:
                raise ApiError(503, RESTARTING, "restarting")
            if snapshot.ended:
                raise ApiError(404, GONE, "not_found")
            await self._feed.wait(snapshot, LOOK_SECONDS)
            if request and await request.is_disconnected():
                raise ProgramLeft
            await self._check_token()

    def leave(self) -> None:
        """To be called at the end, whatever it is. What nobody waits for is stopped."""
        self._services.hub.leave(self._feed)
        if self._ended:
            return
        if self._services.runner:
            self._services.runner.stop(self.id)
        # The connection is gone, and with it whoever could wait for this.
        task = asyncio.create_task(_stop(self._services, self._caller.session, self.chat, self.id))
        _stopping.add(task)
        task.add_done_callback(_stopping.discard)

    async def _check_token(self) -> None:
        if time.monotonic() - self._asked < ASK_SECONDS:
            return
        self._asked = time.monotonic()
        try:
            await self._services.tokens.use(self._caller.token)
        except Unavailable:
            return  # it is asked again


async def _stop(services: Services, session: UUID, chat: UUID, reply: UUID) -> None:
    """However long db-api is away."""
    while True:
        try:
            await services.replies.stop(session, chat, reply)
            return
        except Unavailable:
            await asyncio.sleep(LOOK_SECONDS)
        except ParleyError:
            return  # it is gone
