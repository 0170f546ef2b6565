"""Work that would keep the event loop for too long, done by a thread beside it."""

import asyncio
import gc
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

LIGHT = 500
"""Characters of Markdown that the loop may read itself; more could be made to take it long."""

# One only: the loop then shares the interpreter with a single other thread, whatever is asked for.
_thread = ThreadPoolExecutor(1, "aside")


def favour_the_loop() -> None:
    """To be called once, when all is loaded."""
    # Seconds after which the thread must let the loop go on, if it can; Python's usual is 0.005.
    sys.setswitchinterval(0.001)
    # Looking for garbage stops the loop: for 30 ms where a thousand watch, and many times a second.
    # What is there by now stays, so it is left out; and the rest can wait for longer.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


async def run_aside(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the work returns. Keep it short: what others want done waits for it."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_thread, lambda: work(*args, **kwargs))
