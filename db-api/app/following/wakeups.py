"""Wakes long polls of this process when one of its own writers changed their chat."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Lock
from uuid import UUID


@dataclass(eq=False)
class Waiter:
    """One long poll. ``wants_text``: growing text wakes it too."""

    loop: asyncio.AbstractEventLoop
    event: asyncio.Event
    wants_text: bool


class Wakeups:
    """Who waits for which chat. Writers run in threads, waiters in the event loop."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiters: defaultdict[UUID, set[Waiter]] = defaultdict(set)

    @contextmanager
    def listen(self, chat_id: UUID, *, wants_text: bool) -> Iterator[asyncio.Event]:
        """Inside the block, the event is set whenever the chat changes. Call from the loop."""
        waiter = Waiter(asyncio.get_running_loop(), asyncio.Event(), wants_text)
        with self._lock:
            self._waiters[chat_id].add(waiter)
        try:
            yield waiter.event
        finally:
            with self._lock:
                self._waiters[chat_id].discard(waiter)
                if not self._waiters[chat_id]:
                    del self._waiters[chat_id]

    def wake(self, chats: Iterable[UUID], *, text_only: bool = False) -> None:
        """Call after the commit, from any thread, or the waiter would look too early."""
        with self._lock:
            waiting = [w for chat in chats for w in self._waiters.get(chat, ())]
        for waiter in waiting:
            if waiter.wants_text or not text_only:
                # A loop that is closing has nobody left to wake.
                with suppress(RuntimeError):
                    waiter.loop.call_soon_threadsafe(waiter.event.set)
