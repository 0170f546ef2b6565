"""From the start of everything to the first page, and what importing has to do with it."""

import asyncio
import statistics
import subprocess
import sys
import time

from local.stack import ROOT
from tests.support.local_stack import LocalStack

from bench.figures import Found, Row, in_ms
from bench.options import Size
from bench.stage import Stage

GOAL = 3.0
SERVICES = ("db-api", "chat-ui")
IMPORT = """
import time
began = time.perf_counter()
import app.main
print(time.perf_counter() - began)
"""


async def measure(stage: Stage, size: Size) -> Found:
    """Of a Parley that has been started before: the first time it makes its database."""
    times = await asyncio.to_thread(_start_often, size.starts)
    median = statistics.median(times)
    imports = await asyncio.to_thread(_import_often, size.starts)
    rows = [
        Row(
            "from start to the first page (model still loading)",
            f"≤ {GOAL:.0f} s",
            f"{median:.1f} s ({min(times):.1f}–{max(times):.1f}, n = {len(times)})",
            median <= GOAL,
        ),
        Row(
            "imports of a Python service at its start",
            "",
            ", ".join(f"{service} {in_ms(taken)}" for service, taken in imports.items()),
            None,
        ),
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


def _import_often(times: int) -> dict[str, list[float]]:
    """Each time in a new process, by turns; the first round leaves the bytecode and is not told."""
    taken: dict[str, list[float]] = {service: [] for service in SERVICES}
    for _ in range(1 + times):
        for service, seconds in taken.items():
            told = subprocess.check_output([sys.executable, "-c", IMPORT], cwd=ROOT / service)
            seconds.append(float(told))
    return {service: seconds[1:] for service, seconds in taken.items()}
