"""The longest pause of chat-ui's event loop, as its own `/health` tells it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx

from bench.stage import Stage

LOOK_SECONDS = 2.5  # a pause is told for ten
FINELY = "0.005"  # PULSE_SECONDS while it is felt


@dataclass
class Pulse:
    """In milliseconds, up to the last look: the longest that nothing moved, and that the loop
    computed."""

    client: httpx.AsyncClient
    pause: float = 0.0
    work: float = 0.0

    async def look(self) -> None:
        """Takes in what happened until now."""
        told = (await self.client.get("/health")).json()
        self.pause = max(self.pause, told["longest_pause_ms"])
        self.work = max(self.work, told["longest_work_ms"])


@contextlib.asynccontextmanager
async def feel_pulse(stage: Stage, calm: float) -> AsyncIterator[Pulse]:
    """What came before the block is waited out, if `calm` is long enough; what is to count is
    looked at in the block."""
    await asyncio.sleep(calm)
    url = f"http://127.0.0.1:{stage.parley.ports['chat-ui']}"
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client:
        pulse = Pulse(client)

        async def look_on() -> None:
            while True:
                await pulse.look()
                await asyncio.sleep(LOOK_SECONDS)

        looking = asyncio.create_task(look_on())
        try:
            yield pulse
        finally:
            looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking  # a look that failed is no calm
