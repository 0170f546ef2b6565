"""Ends open streams as soon as the server is told to stop.

uvicorn waits for its connections before it lets the application know, and a stream can be open
for hours. Without this each restart would take the whole grace period and end in cancelled
requests.
"""

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType


def call_on_stop(callback: Callable[[], None]) -> None:
    """Calls `callback` in the running loop when SIGTERM or SIGINT comes, before the server's own
    handler. Does nothing outside the main thread, where Python hears no signals."""
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        inherited = signal.getsignal(number)

        def handle(received: int, frame: FrameType | None, inherited: object = inherited) -> None:
            loop.call_soon_threadsafe(callback)
            if callable(inherited):
                inherited(received, frame)

        signal.signal(number, handle)
