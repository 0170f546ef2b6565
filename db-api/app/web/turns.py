"""What is costly runs one at a time in each copy, and those who wait for it take turns by session.

Ten sessions that searched as fast as they could held all connections and both cores: others waited
seconds for a page. Now all searches together take one connection, half of the time.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from app.errors import LimitReached

PATIENCE_S = 5.0
LONGEST_REST_S = 1.0
Waiting = asyncio.Future[None]


class Turns:
    """For one event loop. After each turn comes a rest as long as that was, a second at most: it
    leaves room for those who only open a page."""

    def __init__(self) -> None:
        self._waiting: dict[UUID, deque[Waiting]] = {}  # the session whose turn is next comes first
        self._is_taken = False

    @asynccontextmanager
    async def take(self, session: UUID, most: int) -> AsyncIterator[None]:
        """The block is a turn. LimitReached if so many of the session wait already, or if it waited
        too long."""
        await self._wait(session, most)
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            yield
        finally:
            rest = min(clock() - began, LONGEST_REST_S)
            asyncio.get_running_loop().call_later(rest, self._pass_on)

    async def _wait(self, session: UUID, most: int) -> None:
        if not self._is_taken:
            self._is_taken = True
            return
        waiting = self._waiting.setdefault(session, deque())
        if len(waiting) >= most:
            raise LimitReached(what="searches", limit=most, retry_after=1)
        mine: Waiting = asyncio.get_running_loop().create_future()
        waiting.append(mine)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await mine
        except BaseException as error:
            if mine.cancelled():
                self._leave(session, mine)
            else:  # it came at the same moment
                self._pass_on()
            if isinstance(error, TimeoutError):
                raise LimitReached(what="all-searches", limit=1, retry_after=5) from None
            raise

    def _pass_on(self) -> None:
        """To the next session, which is then the last to have another one."""
        if not self._waiting:
            self._is_taken = False
            return
        session, waiting = next(iter(self._waiting.items()))
        del self._waiting[session]
        waiting.popleft().set_result(None)
        if waiting:
            self._waiting[session] = waiting

    def _leave(self, session: UUID, mine: Waiting) -> None:
        self._waiting[session].remove(mine)
        if not self._waiting[session]:
            del self._waiting[session]
