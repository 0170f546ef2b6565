"""From the start of everything to the first page, while the model is still loading."""

import asyncio
import statistics
import time

from tests.support.local_stack import LocalStack

from bench.figures import Found, Row
from bench.options import Size
from bench.stage import Stage

GOAL = 3.0


async def measure(stage: Stage, size: Size) -> Found:
    """Of a Parley that has been started before: the first time it makes its database."""
    times = await asyncio.to_thread(_start_often, size.starts)
    median = statistics.median(times)
    rows = [
        Row(
            "from start to the first page (model still loading)",
            f"≤ {GOAL:.0f} s",
            f"{median:.1f} s ({min(times):.1f}–{max(times):.1f}, n = {len(times)})",
            median <= GOAL,
        )
    ]
    return Found(rows)


def _start_often(starts: int) -> list[float]:
    times = []
    with LocalStack() as parley:
        for _ in range(starts):
            parley.stop()
            began = time.monotonic()
            parley.start()
            parley.wait(lambda: parley.answers("/"))
            times.append(time.monotonic() - began)
    return times
