"""How late chat-ui's event loop is, as its own `/health` tells it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx

from bench.figures import Row
from bench.stage import Stage

GOAL = 20  # ms
LOOK_SECONDS = 2.5  # `/health` tells the longest of the last five to ten seconds
FINE_INTERVAL = "0.005"  # LAG_INTERVAL_SECONDS for rows about the loop


@dataclass
class EventLoopLag:
    """In milliseconds, up to the last look: the longest lag, and the longest that the loop itself
    computed."""

    address: str  # chat-ui's own
    lag: float = 0.0
    busy: float = 0.0

    async def look(self) -> None:
        """Takes in what happened until now."""
        async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
            told = (await client.get(f"{self.address}/health")).json()
        self.lag = max(self.lag, told["event_loop_lag_ms"])
        self.busy = max(self.busy, told["event_loop_busy_ms"])

    def judge(self, when: str, quiet: "EventLoopLag", *, shown: bool = True) -> Row:
        """The row of the table. The loop may wait for a core as long as it does when all is quiet,
        but not longer. Without `shown` there is no verdict."""
        return Row(
            f"the longest that chat-ui's event loop computed {when}",
            f"≤ {GOAL} ms",
            f"{self.busy:.1f} ms, lag {self.lag:.1f} ms; when quiet {quiet.busy:.1f} ms,"
            f" lag {quiet.lag:.1f} ms",
            self.busy <= GOAL and self.lag <= max(GOAL, quiet.lag) if shown else None,
        )


@contextlib.asynccontextmanager
async def watch_event_loop(stage: Stage, calm: float) -> AsyncIterator[EventLoopLag]:
    """Waits until what came before is forgotten, if `calm` is long enough. What is to count is
    looked at in the block."""
    await asyncio.sleep(calm)
    lag = EventLoopLag(f"http://127.0.0.1:{stage.parley.ports['chat-ui']}")

    async def look_again() -> None:
        while True:
            await lag.look()
            await asyncio.sleep(LOOK_SECONDS)

    looking = asyncio.create_task(look_again())
    try:
        yield lag
    finally:
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking  # a look that failed is no quiet loop
