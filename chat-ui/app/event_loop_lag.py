"""How long the event loop does not get to run: meanwhile nobody is answered, and no stream moves.

`/health` tells the longest of the last seconds; one that people notice is logged.
"""

import asyncio
import logging
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

KEPT_SECONDS = 5.0
NOTICED_SECONDS = 0.25
INTERVAL_SECONDS = 0.05
IDLE_SECONDS = 1.0


class EventLoopLag:
    """`measure` is its life. `longest` and `busiest` are seconds, of the last five to ten, each to
    within an interval: the one given; for 0 a short one, or a second while `is_idle`, so that a
    laptop's processor may sleep."""

    def __init__(self, interval: float, is_idle: Callable[[], bool]) -> None:
        self._interval, self._is_idle = interval, is_idle
        self._current, self._previous = (0.0, 0.0), (0.0, 0.0)
        self._window_start = time.monotonic()

    @property
    def longest(self) -> float:
        """The longest lag, whatever it was spent on."""
        return max(self._current[0], self._previous[0])

    @property
    def busiest(self) -> float:
        """The longest that the loop's thread itself computed: the rest of a lag goes to other
        threads, or to other programs on an overloaded machine."""
        return max(self._current[1], self._previous[1])

    async def measure(self) -> None:
        """Notes how much later than due it is woken, for ever."""
        while True:
            began, worked = time.monotonic(), time.thread_time()
            interval = self._interval or (IDLE_SECONDS if self._is_idle() else INTERVAL_SECONDS)
            await asyncio.sleep(interval)
            lag = time.monotonic() - began - interval
            self.note(began, lag, time.thread_time() - worked)

    def note(self, moment: float, lag: float, busy: float) -> None:
        """Seconds that the loop did not run, and that it computed, after a moment of the monotonic
        clock."""
        if moment - self._window_start > KEPT_SECONDS:
            self._previous, self._current = self._current, (0.0, 0.0)
            self._window_start = moment
        self._current = max(self._current[0], lag), max(self._current[1], busy)
        if lag > NOTICED_SECONDS:
            log.warning(
                "the event loop did not run for %.0f ms; its own thread worked for %.0f ms",
                lag * 1000,
                busy * 1000,
            )
