"""Follows one chat in db-api by long poll, once however many watch it here."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

from app.clients.messages import FOLLOW_SECONDS, MOST_KNOWN, MessagesClient
from app.clients.updates import ChatUpdate
from app.errors import NotFound, SessionEnded, Unavailable
from app.watching.chat_state import ChatState

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0  # when db-api is away
PAUSE_SECONDS = 0.25  # after an answer that brought nothing new


class Follower:
    """Keeps `state` up to date from `since` on; `present` is called after each change."""

    def __init__(
        self,
        messages: MessagesClient,
        session: UUID,
        chat: UUID,
        state: ChatState,
        present: Callable[[], None],
    ) -> None:
        self._messages, self._session, self._chat = messages, session, chat
        self._state, self._present = state, present
        self.since = 0
        self._settled = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def open(self, since: int) -> None:
        """Fetches what comes after `since`; raises what db-api raises."""
        self._merge(await self._ask(since, wait=0))
        self.since, self._state.last_seq = since, max(since, self._state.last_seq)

    def begin(self, update: ChatUpdate, since: int) -> None:
        """As `open`, with what was stored just now."""
        self._merge(update)
        self.since = since

    async def reach_back(self, since: int, last: UUID | None = None) -> None:
        """Fetches what comes after `since`, if that is earlier than what is known; or if `last`,
        the last message that a watcher shows, is not known: it was stored just now, perhaps."""
        unknown = last and last != self._state.head and last not in self._state.messages
        if since < self.since or unknown:
            since = min(since, self.since)
            self._merge(await self._ask(since, wait=0))
            self.since = since

    def start(self, pause: float = 0) -> None:
        """Follows until nothing is left to come. Begins after a pause, or with `settle`."""
        self._task = asyncio.create_task(self._follow(pause))

    def settle(self) -> None:
        """All that was unfinished has been written: it is time to look."""
        self._settled.set()

    def close(self) -> None:
        """Ends the long poll."""
        if self._task:
            self._task.cancel()

    async def _follow(self, pause: float) -> None:
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._settled.wait(), pause)
            while not self._state.ended:
                try:
                    await self._look()
                except Unavailable:
                    self._set_away(True)
                    await asyncio.sleep(RETRY_SECONDS)
                else:
                    self._set_away(False)
        except (NotFound, SessionEnded):
            log.info("chat %s is gone while being watched", self._chat)
        finally:
            # Also after a fault nobody foresaw: watchers must not wait for ever.
            self._state.ended = True
            self._present()

    async def _look(self) -> None:
        state = self._state
        changed = self._merge(await self._ask(state.last_seq))
        if state.head and state.head not in state.messages and changed:
            # Another branch, which may begin further up.
            self._merge(await self._ask(self.since, wait=0))
        if not changed and not state.ended:
            # What differs for db-api was known here; don't ask in a hurry.
            await asyncio.sleep(PAUSE_SECONDS)

    async def _ask(self, since: int, wait: float = FOLLOW_SECONDS) -> ChatUpdate:
        state = self._state
        known = state.known()
        if not known or state.away:
            wait = 0  # only a look can tell: whether this is the end, whether db-api is back
        update = await self._messages.follow(
            self._session,
            self._chat,
            since=since,
            known=known,
            head=state.head,
            text=not state.text_comes_from_here,
            wait=wait,
        )
        told = {reply_update.reply.id for reply_update in update.replies}
        deleted = [reply.id for reply in known[:MOST_KNOWN] if reply.id not in told]
        if deleted:
            state.forget(deleted)
            self._present()
        return update

    def _merge(self, update: ChatUpdate) -> bool:
        changed = self._state.merge(update)
        if changed:
            self._present()
        return changed

    def _set_away(self, away: bool) -> None:
        if away != self._state.away:
            self._state.away = away
            self._present()
