"""The longest pause of chat-ui's event loop, as its own `/health` tells it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx

from bench.stage import Stage

KEPT_SECONDS = 10.0  # for so long a pause is told
FINELY = "0.005"  # PULSE_SECONDS while it is felt


@dataclass
class Pulse:
    """In milliseconds: the longest that nothing moved, and the longest that the loop computed."""

    pause: float = 0.0
    work: float = 0.0


@contextlib.asynccontextmanager
async def feel_pulse(stage: Stage) -> AsyncIterator[Pulse]:
    """Filled at the end of the block; what came before it is waited out."""
    await asyncio.sleep(KEPT_SECONDS)
    pulse = Pulse()
    url = f"http://127.0.0.1:{stage.parley.ports['chat-ui']}"
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as client:

        async def look() -> None:
            told = (await client.get("/health")).json()
            pulse.pause = max(pulse.pause, told["longest_pause_ms"])
            pulse.work = max(pulse.work, told["longest_work_ms"])

        async def look_on() -> None:
            while True:
                await look()
                await asyncio.sleep(KEPT_SECONDS / 4)

        looking = asyncio.create_task(look_on())
        try:
            yield pulse
            await look()
        finally:
            looking.cancel()
