"""How often each process wakes while nobody watches and nothing runs: a laptop pays for it."""

import asyncio
from pathlib import Path

from bench.figures import Found, Row
from bench.options import Size
from bench.stage import Stage

GOAL = 12  # a second, of each process
SERVICES = ("nginx", "chat-ui", "db-api", "db", "lm-api", "doc-worker")


async def measure(stage: Stage, size: Size) -> Found:
    """Of each service's processes, and of those that start them, the busiest."""
    await asyncio.sleep(size.calm)
    before = _count_all(stage)
    await asyncio.sleep(size.idle)
    rates: dict[str, float] = {}
    for (name, pid), sleeps in _count_all(stage).items():
        rate = (sleeps - before.get((name, pid), 0)) / size.idle
        rates[name] = max(rate, rates.get(name, 0))
    row = Row(
        "wake-ups a second of each process, with nobody there",
        f"≤ {GOAL}",
        ", ".join(f"{name} {rate:.1f}" for name, rate in rates.items()),
        max(rates.values()) <= GOAL,
    )
    return Found([row])


def _count_all(stage: Stage) -> dict[tuple[str, int], int]:
    """By service and process."""
    services = {stage.parley.pid_of(service): service for service in SERVICES}
    return _count(stage.parley.pid, "make local", services)


def _count(pid: int, name: str, services: dict[int | None, str]) -> dict[tuple[str, int], int]:
    """Of a process and its descendants: how often their threads have waited for something.

    Source: voluntary_ctxt_switches in proc_pid_status(5).
    """
    name = services.get(pid, name)
    threads = Path(f"/proc/{pid}/task").glob("*/status")
    lines = [line for status in threads for line in status.read_text().splitlines()]
    found = {(name, pid): sum(int(s.split()[1]) for s in lines if s.startswith("voluntary"))}
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found |= _count(int(child), name, services)
    return found
