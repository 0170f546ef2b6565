"""How long the event loop stands still: meanwhile nobody is answered and nobody's words move on.

`/health` tells the longest pause of the last seconds; one that people notice is logged.
"""

import asyncio
import logging
import time

log = logging.getLogger(__name__)

KEPT_SECONDS = 5.0
NOTICED_SECONDS = 0.25


class LoopPauses:
    """`watch` is its life; `longest` and `busiest` are seconds, of the last five to ten, each to
    within a `tick`: a shorter one tells more, and leaves an idle machine less rest."""

    def __init__(self, tick: float) -> None:
        self._tick = tick
        self._now, self._before = (0.0, 0.0), (0.0, 0.0)

    @property
    def longest(self) -> float:
        """The longest pause, whatever it was spent on."""
        return max(self._now[0], self._before[0])

    @property
    def busiest(self) -> float:
        """The longest that the loop's thread itself computed: the rest of a pause goes to other
        threads, or to other programs on an overloaded machine."""
        return max(self._now[1], self._before[1])

    async def watch(self) -> None:
        """Notes how much later than due it is woken, for ever."""
        turned = time.monotonic()
        while True:
            began, worked = time.monotonic(), time.thread_time()
            await asyncio.sleep(self._tick)
            pause = time.monotonic() - began - self._tick
            work = time.thread_time() - worked
            if began - turned > KEPT_SECONDS:
                self._before, self._now, turned = self._now, (0.0, 0.0), began
            self._now = max(self._now[0], pause), max(self._now[1], work)
            if pause > NOTICED_SECONDS:
                log.warning(
                    "nothing moved for %.0f ms; the loop itself worked for %.0f ms",
                    pause * 1000,
                    work * 1000,
                )
