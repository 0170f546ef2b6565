"""Wakes long polls of this process when one of its own writers changed their chat."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Lock
from uuid import UUID


@dataclass(eq=False)
class Listener:
    """One long poll. ``wants_text``: growing text wakes it, too."""

    loop: asyncio.AbstractEventLoop
    changed: asyncio.Event
    wants_text: bool


class ChangeNotifier:
    """Who listens to which chat. Writers run in threads, listeners in the event loop."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._listeners: defaultdict[UUID, set[Listener]] = defaultdict(set)

    @contextmanager
    def listen(self, chat_id: UUID, *, wants_text: bool) -> Iterator[asyncio.Event]:
        """Inside the block, the event is set whenever the chat changes. Call from the loop."""
        listener = Listener(asyncio.get_running_loop(), asyncio.Event(), wants_text)
        with self._lock:
            self._listeners[chat_id].add(listener)
        try:
            yield listener.changed
        finally:
            with self._lock:
                self._listeners[chat_id].discard(listener)
                if not self._listeners[chat_id]:
                    del self._listeners[chat_id]

    def notify(self, chats: Iterable[UUID], *, text_only: bool = False) -> None:
        """Call after the commit, from any thread, or the listener would look too early."""
        with self._lock:
            listeners = [one for chat in chats for one in self._listeners.get(chat, ())]
        for listener in listeners:
            if listener.wants_text or not text_only:
                # A loop that is closing has nobody left to wake.
                with suppress(RuntimeError):
                    listener.loop.call_soon_threadsafe(listener.changed.set)
