"""Moments in a reply's life that several scenarios wait for."""

import asyncio
import time
from collections.abc import Callable

from faults.shown import Notes
from faults.trial import Trial


async def until(is_so: Callable[[], bool], what: str, patience: float = 60) -> None:
    """Returns as soon as it is so; TimeoutError if it takes too long."""
    deadline = time.monotonic() + patience
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {patience:.0f} s")
        await asyncio.sleep(0.005)


def newest(trial: Trial, chat: str) -> tuple[str, Notes] | None:
    """The reply of the chat that was shown last and has words, with what was seen of it."""
    found = [(r, n) for r, n in trial.shown.replies.items() if n.chat == chat and n.grew_at]
    return found[-1] if found else None


async def until_written(trial: Trial, chat: str, characters: int = 1) -> str:
    """Until so much of the chat's newest reply was shown, or its end; the reply's id."""

    def is_written() -> bool:
        seen = newest(trial, chat)
        return bool(seen and (seen[1].longest >= characters or seen[1].final_at))

    await until(is_written, f"{characters} characters of a reply")
    seen = newest(trial, chat)
    assert seen is not None
    return seen[0]
