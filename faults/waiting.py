"""Waits for what nobody announces: looks again and again."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable


async def until(
    is_so: Callable[[], Awaitable[object] | object],
    what: str,
    patience: float = 60,
    pause: float = 0.02,
) -> None:
    """Returns as soon as it is so; TimeoutError if that takes longer than `patience` seconds."""
    deadline = time.monotonic() + patience
    while True:
        answer = is_so()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {patience:.0f} s")
        await asyncio.sleep(pause)
