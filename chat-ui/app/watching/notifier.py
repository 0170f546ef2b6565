"""Notifies watchers a few at a time, so that everybody else gets a turn in between."""

import asyncio
from collections import deque
from collections.abc import Iterable

AT_ONCE = 10

Waiting = asyncio.Future[None]


class Notifier:
    """One for all feeds, which take turns: a chat with one watcher does not wait for a thousand."""

    def __init__(self) -> None:
        self._groups: deque[deque[Waiting]] = deque()

    def notify(self, waiting: Iterable[Waiting]) -> None:
        """Soon."""
        if not self._groups:
            asyncio.get_running_loop().call_soon(self._notify_some)
        self._groups.append(deque(waiting))

    def _notify_some(self) -> None:
        group = self._groups.popleft()
        for _ in range(min(AT_ONCE, len(group))):
            waiting = group.popleft()
            if not waiting.done():
                waiting.set_result(None)
        if group:
            self._groups.append(group)
        if self._groups:
            asyncio.get_running_loop().call_soon(self._notify_some)
