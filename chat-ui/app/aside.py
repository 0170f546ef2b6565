"""Work that would keep the event loop for too long, done by a thread beside it."""

import asyncio
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

# Seconds after which that thread must let the loop go on, if it can; Python's usual is 0.005.
sys.setswitchinterval(0.001)


async def run_aside(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the work returns. Keep it short: what others want done waits for it."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_thread, lambda: work(*args, **kwargs))
