"""From the start of everything to the first page."""

import asyncio
import statistics
import time

from bench.figures import Found, Row
from bench.options import Size
from bench.stage import Stage

GOAL = 3.0


async def measure(stage: Stage, size: Size) -> Found:
    """Of a Parley that has been started before: the first time it makes its database."""
    times = [await asyncio.to_thread(_restart, stage) for _ in range(size.starts)]
    median = statistics.median(times)
    row = Row(
        "from start to the first page (model still loading)",
        f"≤ {GOAL:.0f} s",
        f"{median:.1f} s ({min(times):.1f}–{max(times):.1f}, n = {len(times)})",
        median <= GOAL,
    )
    return Found([row])


def _restart(stage: Stage) -> float:
    parley = stage.parley
    parley.stop()
    began = time.monotonic()
    parley.start()
    parley.wait(lambda: parley.answers("/"))
    took = time.monotonic() - began
    parley.wait_until_ready()  # the rows after this one need all of it
    parley.wait_until_model_is_ready()
    return took
