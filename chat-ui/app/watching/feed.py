"""What has happened in one chat since somebody began to watch it here.

A feed gets its news from db-api by long poll, once however many watch, and from the runner's
memory for replies written by this very process. Both may bring the same text; offsets make the
second time harmless. Those who watch are shown its `scene`, which is rendered once for all.
"""

import asyncio
import logging
from contextlib import suppress
from uuid import UUID

from app.aside import LIGHT
from app.clients.messages import FOLLOW_SECONDS, MOST_KNOWN, MessagesClient
from app.clients.types import Growth, News
from app.errors import NotFound, SessionEnded, Unavailable
from app.watching.item import Item
from app.watching.scene import Scene
from app.watching.waking import Waiting, Waker

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0  # when db-api is away
PAUSE_SECONDS = 0.25  # after an answer without news


class Feed:
    """One chat's news, for all who watch it through this copy."""

    def __init__(self, messages: MessagesClient, waker: Waker, session: UUID, chat: UUID) -> None:
        self._messages, self._waker, self.session, self.chat = messages, waker, session, chat
        self.items: dict[UUID, Item] = {}
        self.head: UUID | None = None  # where the branch shown ends
        self.since = self._last_seq = 0
        self.away = False  # db-api does not answer just now
        self.ended = False  # nothing is left to say, or the chat is gone
        self.dismissed = False  # this copy is about to stop
        self.scene = Scene()
        self.watchers = 0
        self._waiting: set[Waiting] = set()
        self._showing: asyncio.Task[None] | None = None
        self._led: set[UUID] = set()
        self._settled = asyncio.Event()  # the runner here has written all that was unfinished
        self._task: asyncio.Task[None] | None = None

    async def open(self, since: int) -> None:
        """Fetches what stands below `since` and begins to follow; raises what db-api raises."""
        self._merge(await self._ask(since, wait=0))
        await self._show_all()
        self.since = since
        self._last_seq = max([since, *(item.message.seq for item in self.items.values())])
        self._task = asyncio.create_task(self._follow())

    def begin(self, news: News, since: int, *, pause: float) -> None:
        """As `open`, with what was stored just now; to follow there is time for after a pause, or
        at the end, if the runner here writes all that is unfinished."""
        self._merge(news)
        self.since, self._last_seq = since, max(item.message.seq for item in self.items.values())
        self._task = asyncio.create_task(self._follow(pause if self._leads_all() else 0))

    async def reach_back(self, since: int) -> None:
        """Makes sure that the feed shows everything after `since`."""
        if since < self.since:
            self._merge(await self._ask(since, wait=0))
            self.since = since
        await self._show_all()

    async def wait(self, scene: Scene, seconds: float) -> bool:
        """Until another scene than this one is shown, or the watchers are sent away; False if
        that takes too long."""
        if self.scene is not scene or self.dismissed:
            return True
        waiting: Waiting = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        try:
            await asyncio.wait_for(waiting, seconds)
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(waiting)
        return True

    def close(self) -> None:
        """Ends the long poll."""
        if self._task:
            self._task.cancel()

    def dismiss(self) -> None:
        """Sends the watchers away, without an end."""
        self.dismissed = True
        self._wake()

    def lead(self, growth: Growth) -> None:
        """From now on the runner in this process tells of this reply."""
        self._led.add(growth.reply.id)
        self.grow(growth)

    def unlead(self, reply: UUID) -> None:
        """The runner in this process has let go of the reply."""
        self._led.discard(reply)

    def grow(self, growth: Growth) -> None:
        """News of one reply from the runner in this process."""
        self.away = False  # it was stored just now
        if item := self.items.get(growth.reply.id):
            item.grow(growth)
            self._announce()
            if not any(item.unfinished for item in self.items.values()):
                self._settled.set()

    async def _ask(self, since: int, wait: float = FOLLOW_SECONDS) -> News:
        known = [
            Growth(reply=item.message.reply, offset=0, text=item.text)
            for item in self.items.values()
            if item.unfinished and item.message.reply
        ]
        running = [growth.reply.id for growth in known if growth.reply.state == "running"]
        led = bool(running) and self._led.issuperset(running)
        if not known or self.away:
            wait = 0  # only a look can tell: whether this is the end, whether db-api is back
        news = await self._messages.follow(
            self.session,
            self.chat,
            since=since,
            known=known,
            head=self.head,
            text=not led,
            wait=wait,
        )
        told = {growth.reply.id for growth in news.replies}
        for growth in known[:MOST_KNOWN]:
            if growth.reply.id not in told:  # deleted: nothing more will come of it
                self.items.pop(growth.reply.id, None)
                self._announce()
        return news

    def _leads_all(self) -> bool:
        unfinished = {id for id, item in self.items.items() if item.unfinished}
        return unfinished <= self._led

    async def _follow(self, pause: float = 0) -> None:
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._settled.wait(), pause)
            while not self.ended:
                try:
                    changed = self._merge(await self._ask(self._last_seq))
                    if self.head and self.head not in self.items and changed:
                        # Another branch, which may begin further up.
                        self._merge(await self._ask(self.since, wait=0))
                    if not changed and not self.ended:
                        # What db-api thinks is news was none here; don't ask in a hurry.
                        await asyncio.sleep(PAUSE_SECONDS)
                except Unavailable:
                    self._set_away(True)
                    await asyncio.sleep(RETRY_SECONDS)
                else:
                    self._set_away(False)
        except (NotFound, SessionEnded):
            log.info("chat %s is gone while being watched", self.chat)
        finally:
            # Also after a fault nobody foresaw: watchers must not wait for ever.
            self.ended = True
            self._announce()

    def _merge(self, news: News) -> bool:
        """Takes over what is new; whether anything was."""
        changed = news.head != self.head
        self.head = news.head
        for message in news.messages:
            if message.id not in self.items:
                self.items[message.id] = Item(message)
                changed = True
            self._last_seq = max(self._last_seq, message.seq)
        for growth in news.replies:
            if item := self.items.get(growth.reply.id):
                if growth.reply.id in self._led and not growth.reply.final and item.message.reply:
                    # The runner here knows the state better than the database's last word.
                    growth = growth.model_copy(update={"reply": item.message.reply})
                changed |= item.grow(growth)
        self.ended = news.idle and not any(item.unfinished for item in self.items.values())
        if changed or self.ended:
            self._announce()
        return changed

    def _set_away(self, away: bool) -> None:
        if away != self.away:
            self.away = away
            self._announce()

    def _announce(self) -> None:
        """Shows what is known: at once if it is little, else when it has been rendered aside."""
        if self._showing:
            return  # it looks again before it is done
        due = self._due()
        if sum(item.weight for item in due) > LIGHT:
            self._showing = asyncio.create_task(self._show_aside())
            return
        for item in due:
            item.show()
        self._show()

    async def _show_aside(self) -> None:
        try:
            while due := self._due():
                for item in due:
                    await item.show_aside()
                self._show()
        finally:
            self._showing = None
            self._show()  # also what was announced meanwhile and needed no rendering

    def _show(self) -> None:
        shown = {id: item.shown for id, item in self.items.items() if item.shown}
        if len(shown) == len(self.items):  # else what is new is about to be rendered
            ended = self.ended and not self._due()
            self.scene = Scene(shown, self.head, self.away, ended)
            self._wake()

    def _due(self) -> list[Item]:
        return [item for item in self.items.values() if item.due]

    async def _show_all(self) -> None:
        """Until each message is shown, if not yet as it is known."""
        while not self.dismissed and any(item.shown is None for item in self.items.values()):
            await self.wait(self.scene, RETRY_SECONDS)

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, set()
        self._waker.wake(waiting)
