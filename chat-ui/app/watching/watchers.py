"""Those who watch one chat, as they wait for its next snapshot."""

import asyncio

from app.watching.notifier import Notifier, Waiting


class Watchers:
    """`count` is how many there are; they need not all be waiting just now."""

    def __init__(self, notifier: Notifier) -> None:
        self.count = 0
        self.dismissed = False
        self._notifier = notifier
        self._waiting: set[Waiting] = set()

    async def wait(self, seconds: float) -> bool:
        """Until `notify`; False if that takes too long."""
        waiting: Waiting = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        try:
            await asyncio.wait_for(waiting, seconds)
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(waiting)
        return True

    def notify(self) -> None:
        """Lets all who wait look again."""
        waiting, self._waiting = self._waiting, set()
        self._notifier.notify(waiting)

    def dismiss(self) -> None:
        """Sends all away, without an end: this copy is about to stop."""
        self.dismissed = True
        self.notify()
