"""uvicorn's command line, without its ten wake-ups a second: they cost a laptop its battery.

Used instead of `python -m uvicorn`, with the same arguments.
"""

import asyncio
import contextlib
import importlib
from types import FrameType

import uvicorn

TICK_SECONDS = 1.0  # the Date header's precision
TICKS = 10  # of uvicorn's own, of which it counts every tenth


class Server(uvicorn.Server):
    """Waits for a signal instead of looking for one."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        """As uvicorn's, until a signal or the limit of requests ends it."""
        self._loop = asyncio.get_running_loop()
        counter = 0
        while not await self.on_tick(counter):
            counter += TICKS
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), TICK_SECONDS)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Ends the wait as well."""
        super().handle_exit(sig, frame)
        if self._loop:
            self._loop.call_soon_threadsafe(self._told.set)


if __name__ == "__main__":
    # Its command line makes its server by this name, and takes no other way. `uvicorn.main` is a
    # function as well as a module.
    command_line = importlib.import_module("uvicorn.main")
    command_line.Server = Server  # type: ignore[attr-defined]  # a module found by name
    command_line.main()
