"""Requests take turns, by address and then by session: whoever asks for pages as fast as they come
has their own wait, and not those of others.

One process makes the pages. It answered in the order of asking, so a page came after the 256 that
somebody else had asked for. Now few are worked at, of one address half of these, and the next one
is of the address, and in it of the session, whose last turn was the longest ago.
"""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Hashable
from uuid import UUID

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.addresses import find_network
from app.api.paths import is_api
from app.sessions import find_session

AT_ONCE = 4
OF_NETWORK = 2
LONGEST_S = 1.0  # whoever takes longer waits for something, and takes little from others meanwhile
REMEMBERED = 10_000  # addresses and sessions whose last turn is known
# Health is asked by machines; assets are quick; searches and files wait for themselves.
FREE = ("/health", "/ready", "/static/", "/search")

Session = UUID | None


class Turn:
    """Ends once, by its request or by the clock."""

    def __init__(self, turns: "Turns", network: str) -> None:
        self._turns, self._network = turns, network
        self._clock = asyncio.get_running_loop().call_later(LONGEST_S, self.end)
        self._has_ended = False

    def end(self) -> None:
        """Passes it on."""
        if not self._has_ended:
            self._has_ended = True
            self._clock.cancel()
            self._turns.pass_on(self._network)


class Turns:
    """For one event loop."""

    def __init__(self) -> None:
        self._running = Counter[str]()
        self._waiting: dict[str, dict[Session, list[asyncio.Future[Turn]]]] = {}
        self._last: OrderedDict[Hashable, int] = OrderedDict()  # the number of each one's last turn
        self._number = 0

    async def take(self, network: str, session: Session) -> Turn:
        """Waits for it."""
        if self._has_room(network):
            return self._begin(network, session)
        mine: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(network, {}).setdefault(session, []).append(mine)
        try:
            return await mine
        except asyncio.CancelledError:
            if mine.cancelled():
                self._take_away(network, session, mine)
            else:  # it came at the same moment
                mine.result().end()
            raise

    def pass_on(self, network: str) -> None:
        """One of these has ended."""
        self._running[network] -= 1
        if not self._running[network]:
            del self._running[network]
        while able := [each for each in self._waiting if self._has_room(each)]:
            network = min(able, key=self._last_turn)
            sessions = self._waiting[network]
            session = min(sessions, key=lambda each: self._last_turn((network, each)))
            first = sessions[session][0]
            self._take_away(network, session, first)
            first.set_result(self._begin(network, session))

    def _has_room(self, network: str) -> bool:
        return self._running.total() < AT_ONCE and self._running[network] < OF_NETWORK

    def _begin(self, network: str, session: Session) -> Turn:
        self._running[network] += 1
        self._number += 1
        for each in (network, (network, session)):
            self._last[each] = self._number
            self._last.move_to_end(each)
        while len(self._last) > REMEMBERED:
            self._last.popitem(last=False)
        return Turn(self, network)

    def _last_turn(self, who: Hashable) -> int:
        return self._last.get(who, 0)

    def _take_away(self, network: str, session: Session, mine: asyncio.Future[Turn]) -> None:
        sessions = self._waiting[network]
        sessions[session].remove(mine)
        if not sessions[session]:
            del sessions[session]
        if not sessions:
            del self._waiting[network]


class TakeTurns:
    """A turn lasts until the answer begins: what is read slowly, or goes on, holds none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._turns = app, Turns()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or _is_free(scope["path"], scope["method"]):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        # The cookie is nothing to the API: a program takes its turn by its address.
        session = None if is_api(scope["path"]) else find_session(request)
        scope["turn"] = turn = await self._turns.take(find_network(request), session)

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


def _is_free(path: str, method: str) -> bool:
    uploads = method == "POST" and path.endswith("/documents")
    return uploads or path.startswith(FREE)
