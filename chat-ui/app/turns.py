"""Requests take turns, by address and then by session: whoever asks for pages as fast as they come
has their own wait, and not those of others.

One process makes the pages. It answered in the order of asking, so a page came after the 256 that
somebody else had asked for. Now few are worked at, and the next one is of the address, and in it
of the session, whose last turn was the longest ago. What a session asks for beside another request
of its own is limited further: while somebody else is there, an address has one of these at a time,
and then a rest as long as that took, so that half of the time is left, and the processors with it.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from typing import TypeVar
from uuid import UUID

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from app.addresses import find_network, note_network
from app.api.paths import is_api
from app.sessions import find_session

AT_ONCE = 4
OF_NETWORK = 3
FURTHER = 2  # of an address, beside other requests of the same session
FURTHER_BESIDE_OTHERS = 1  # and then it rests
OTHERS_S = 3.0  # so long after another's turn somebody is there
LONGEST_S = 1.0  # whoever takes longer waits for something, and takes little from others meanwhile
REMEMBERED = 10_000  # addresses and sessions whose last turn is known
# Health is asked by machines; assets are quick; searches wait for themselves.
FREE = ("/health", "/ready", "/static/", "/search", "/api/search")

Session = UUID | None
Who = TypeVar("Who")
Lane = tuple[str, bool]  # an address, and whether it is beside another request of the session


class Turn:
    """Ends once, by its request or by the clock."""

    def __init__(self, turns: "Turns", lane: Lane, session: Session) -> None:
        self._turns, self._lane, self._session = turns, lane, session
        loop = asyncio.get_running_loop()
        self._began = loop.time()
        self._clock = loop.call_later(LONGEST_S, self.end)
        self._has_ended = False

    def end(self) -> None:
        """Passes it on."""
        if not self._has_ended:
            self._has_ended = True
            self._clock.cancel()
            took = asyncio.get_running_loop().time() - self._began
            self._turns.pass_on(self._lane, self._session, took)


class Turns:
    """For one event loop."""

    def __init__(self) -> None:
        self._running = Counter[str]()  # by address
        self._further = Counter[str]()  # those beside others, while they rest, too
        self._asking = Counter[tuple[str, Session]]()  # running and waiting
        self._waiting: dict[Lane, dict[Session, list[asyncio.Future[Turn]]]] = {}
        self._last: OrderedDict[Hashable, int] = OrderedDict()  # the number of each one's last turn
        self._number = 0
        self._newest: tuple[str, Session] | None = None
        self._changed = 0.0  # when it was another's turn

    async def take(self, network: str, session: Session, *, further: bool = False) -> Turn:
        """Waits for it. `further`: as beside another request, though there may be none."""
        lane = network, further or bool(self._asking[network, session])
        self._asking[network, session] += 1
        if self._has_room(lane):
            return self._begin(lane, session)
        mine: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(lane, {}).setdefault(session, []).append(mine)
        try:
            return await mine
        except asyncio.CancelledError:
            if mine.cancelled():
                self._take_away(lane, session, mine)
                self._forget(network, session)
            else:  # it came at the same moment
                mine.result().end()
            raise

    def pass_on(self, lane: Lane, session: Session, took: float) -> None:
        """One of these has ended."""
        network, further = lane
        _count_down(self._running, network)
        self._forget(network, session)
        if further and self._is_somebody_else_there():
            asyncio.get_running_loop().call_later(took, self._end_rest, network)
        elif further:
            _count_down(self._further, network)
        self._fill()

    def _end_rest(self, network: str) -> None:
        _count_down(self._further, network)
        self._fill()

    def _fill(self) -> None:
        while able := [each for each in self._waiting if self._has_room(each)]:
            lane = min(able, key=lambda each: (self._last_turn(each[0]), each[1]))
            sessions = self._waiting[lane]
            session = min(sessions, key=lambda each: self._last_turn((lane[0], each)))
            first = sessions[session][0]
            self._take_away(lane, session, first)
            first.set_result(self._begin(lane, session))

    def _has_room(self, lane: Lane) -> bool:
        network, further = lane
        if self._running.total() >= AT_ONCE or self._running[network] >= OF_NETWORK:
            return False
        most = FURTHER_BESIDE_OTHERS if self._is_somebody_else_there() else FURTHER
        return not further or self._further[network] < most

    def _is_somebody_else_there(self) -> bool:
        return asyncio.get_running_loop().time() < self._changed + OTHERS_S

    def _begin(self, lane: Lane, session: Session) -> Turn:
        network, further = lane
        self._running[network] += 1
        self._further[network] += further
        who = network, session
        if self._newest not in (None, who):
            self._changed = asyncio.get_running_loop().time()
        self._newest = who
        self._number += 1
        for each in (network, who):
            self._last[each] = self._number
            self._last.move_to_end(each)
        while len(self._last) > REMEMBERED:
            self._last.popitem(last=False)
        return Turn(self, lane, session)

    def _last_turn(self, who: Hashable) -> int:
        return self._last.get(who, 0)

    def _take_away(self, lane: Lane, session: Session, mine: asyncio.Future[Turn]) -> None:
        sessions = self._waiting[lane]
        sessions[session].remove(mine)
        if not sessions[session]:
            del sessions[session]
        if not sessions:
            del self._waiting[lane]

    def _forget(self, network: str, session: Session) -> None:
        _count_down(self._asking, (network, session))


class TakeTurns:
    """A turn lasts until the answer begins: what is read slowly, or goes on, holds none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._turns = app, Turns()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI. A WebSocket takes its turns itself."""
        scope["turns"] = self._turns
        if scope["type"] != "http" or scope["path"].startswith(FREE):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        network = find_network(request)
        note_network(network)
        scope["turn"] = turn = await self._turns.take(network, _find(request))

        async def send_and_end(message: Message) -> None:
            turn.end()
            await send(message)

        try:
            await self._app(scope, receive, send_and_end)
        finally:
            turn.end()


def end_turn(request: Request) -> None:
    """Before an answer that waits for others: nobody is to wait for it, too."""
    request.scope["turn"].end()


@asynccontextmanager
async def take_turn(socket: WebSocket) -> AsyncIterator[None]:
    """The block is a turn of this connection, as a request would have it."""
    turns: Turns = socket.scope["turns"]
    network = find_network(socket)
    note_network(network)
    turn = await turns.take(network, None)
    try:
        yield
    finally:
        turn.end()


@asynccontextmanager
async def take_another(request: Request) -> AsyncIterator[None]:
    """The block is a turn of an answer that is long in the making: a piece of it."""
    end_turn(request)
    turns: Turns = request.scope["turns"]
    turn = await turns.take(find_network(request), _find(request), further=True)
    try:
        yield
    finally:
        turn.end()


def _find(request: Request) -> Session:
    """The cookie is nothing to the API: a program takes its turn by its address."""
    return None if is_api(request.scope["path"]) else find_session(request)


def _count_down(counter: Counter[Who], who: Who) -> None:
    """What is at nothing is not kept."""
    counter[who] -= 1
    if not counter[who]:
        del counter[who]
