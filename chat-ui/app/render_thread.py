"""One thread that renders Markdown, so that long texts don't block the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

INLINE_CHARACTERS = 500
"""Characters of Markdown that the event loop may render itself; more can be made to take long."""

# Only one: the loop then shares the interpreter with a single other thread, whatever is asked for.
_thread = ThreadPoolExecutor(1, "render")


async def run_in_render_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What the work returns. Keep it short: the next one waits for it."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_thread, lambda: work(*args, **kwargs))
