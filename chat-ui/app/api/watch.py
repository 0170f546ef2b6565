"""Watches the reply that a program waits for, as a page does: a program is one more watcher."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from starlette.requests import Request

from app.api.caller import Caller
from app.api.errors import ApiError
from app.clients.queue_types import SentCompletion
from app.clients.types import Message, Reply
from app.errors import ParleyError, Unavailable
from app.services import Services
from app.watching.feed import Feed

LOOK_SECONDS = 0.25  # whether the program is still there
ASK_SECONDS = 4  # whether its token is still good
LISTEN_SECONDS = 3  # db-api believes for 10 that somebody listens
KEEP_ALIVE_SECONDS = 15  # after which proxies and programs give up on what is silent
QUEUED_SECONDS = 2  # after which who waits in the queue is told again where
GONE = "The reply was deleted."

_listening: set[asyncio.Task[None]] = set()  # tasks are kept by nobody else


@dataclass(frozen=True)
class Moment:
    """How the reply is doing: its text, all of which is stored."""

    text: str
    reply: Reply


class Restarting(ApiError):
    """This copy is about to stop; another one has the reply continued."""

    def __init__(self) -> None:
        super().__init__(503, "Parley is restarting. Send the request again.", "restarting")


class ProgramLeft(Exception):
    """Nobody waits for the reply any more."""


class Watch:
    """One reply for one program. Left before the reply's end, it pauses it, which frees the slot:
    the program may come back (`app.api.requests`)."""

    def __init__(
        self,
        services: Services,
        caller: Caller,
        reply: Message,
        until: datetime | None,
        feed: Feed,
        *,
        keyed: bool,
    ) -> None:
        self._services, self._caller, self._feed, self._keyed = services, caller, feed, keyed
        self.chat, self.id = reply.chat_id, reply.id
        self.created = int(reply.created_at.timestamp())
        self.delivered = False  # the program got all of it
        self.ended = False  # its reply
        self._asked = time.monotonic()
        self._left = asyncio.Event()
        task = asyncio.create_task(self._listen(until))
        _listening.add(task)
        task.add_done_callback(_listening.discard)

    @classmethod
    async def begin(
        cls, services: Services, caller: Caller, sent: SentCompletion, *, keyed: bool
    ) -> "Watch":
        """From the moment in which it was stored, so that nothing is missed. `keyed`: by its key
        the program finds it as often as it likes; without one, until it got it."""
        feed = await _begin(services, caller, sent)
        return cls(services, caller, sent.reply, sent.listened_until, feed, keyed=keyed)

    @classmethod
    async def rejoin(cls, services: Services, caller: Caller, reply: Message) -> "Watch":
        """One that was asked for before: if it is paused, it is continued. Raises what db-api does,
        and LimitReached if the session watches too much here."""
        until = await services.completions.listen(caller.session, reply.id)
        feed = await _join(services, caller, reply)
        return cls(services, caller, reply, until, feed, keyed=True)

    async def follow(self, request: Request | None = None) -> AsyncGenerator[Moment]:
        """What it is now, each time that changes, and after each while in which it did not, up to
        its end. With a request: raises ProgramLeft once its connection is cut. Raises ApiError if
        there is nothing more to come, or TokenRefused and SessionEnded within seconds."""
        told: Moment | None = None
        spoke = 0.0
        while True:
            snapshot = self._feed.snapshot
            shown = snapshot.messages.get(self.id)
            if shown and shown.message.reply:
                moment = Moment(shown.text, shown.message.reply)
                self.ended = moment.reply.final
                is_queued = moment.reply.queue_position is not None
                silence = QUEUED_SECONDS if is_queued else KEEP_ALIVE_SECONDS
                if moment != told or time.monotonic() - spoke >= silence:
                    yield moment
                    told, spoke = moment, time.monotonic()
            if self.ended:
                return
            if self._feed.dismissed:
                raise Restarting
            if snapshot.ended:
                raise ApiError(404, GONE, "not_found")
            await self._feed.wait(snapshot, LOOK_SECONDS)
            if request and await request.is_disconnected():
                raise ProgramLeft
            await self._check_token()

    def leave(self) -> None:
        """To be called at the end, whatever it is."""
        self._services.hub.leave(self._feed)
        self._left.set()

    async def _listen(self, until: datetime | None) -> None:
        """Says again and again that somebody listens, and in the end that nobody does."""
        session, completions = self._caller.session, self._services.completions
        while until and not await self._has_left():
            with contextlib.suppress(ParleyError):
                until = await completions.listen(session, self.id) or until
        await self._left.wait()
        while True:
            try:
                if self.ended:
                    if self.delivered and not self._keyed:
                        await completions.deliver(session, self.id)
                elif until and self._feed.watchers.count == 0:
                    paused = await completions.leave(session, self.id, until)
                    if paused and self._services.runner:
                        self._services.runner.pause(self.id)
                return
            except Unavailable:
                await asyncio.sleep(LOOK_SECONDS)
            except ParleyError:
                return  # it is gone

    async def _has_left(self) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._left.wait(), LISTEN_SECONDS)
        return self._left.is_set()

    async def _check_token(self) -> None:
        if time.monotonic() - self._asked < ASK_SECONDS:
            return
        self._asked = time.monotonic()
        try:
            await self._services.tokens.use(self._caller.token)
        except Unavailable:
            return  # it is asked again


class Observation(Watch):
    """Of a reply that is written whether somebody waits for it or not."""

    def __init__(self, services: Services, caller: Caller, reply: Message, feed: Feed) -> None:
        self._services, self._caller, self._feed = services, caller, feed
        self.reply = reply
        self.chat, self.id = reply.chat_id, reply.id
        self.created = int(reply.created_at.timestamp())
        self.delivered = False
        self.ended = False  # its reply
        self._asked = time.monotonic()

    @classmethod
    async def begin_unheard(
        cls, services: Services, caller: Caller, sent: SentCompletion
    ) -> "Observation":
        """From the moment in which it was stored, so that nothing is missed."""
        return cls(services, caller, sent.reply, await _begin(services, caller, sent))

    @classmethod
    async def join(cls, services: Services, caller: Caller, reply: Message) -> Self:
        """One that was asked for before. Raises what db-api does, and LimitReached if the session
        watches too much here."""
        return cls(services, caller, reply, await _join(services, caller, reply))

    def leave(self) -> None:
        """To be called at the end, whatever it is."""
        self._services.hub.leave(self._feed)


async def _begin(services: Services, caller: Caller, sent: SentCompletion) -> Feed:
    """Lets it be written, and watches it."""
    chat = sent.reply.chat_id
    services.hub.expect(caller.session, chat, sent, plain=True)
    services.begin_reply(sent)
    return await services.hub.join(caller.session, chat, sent.message.seq - 1)


async def _join(services: Services, caller: Caller, reply: Message) -> Feed:
    """Watches it, if the session does not watch too much here."""
    most = (await services.limits.get()).streams
    return await services.hub.join(
        caller.session, reply.chat_id, reply.seq - 2, most=most, plain=True
    )
