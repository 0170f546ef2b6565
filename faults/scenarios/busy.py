"""Every core is busy with other programs: runners that live keep their leases all the same."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.support.program import Program

from faults.people import crowd
from faults.trial import Trial

BUSY = "while True: pass"
# What was left of a lease when it was renewed or given up, or taken away from its holder.
WATCH = """
CREATE SCHEMA faults;
CREATE TABLE faults.leases (seconds_left numeric);
CREATE FUNCTION faults.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO faults.leases VALUES (extract(epoch FROM OLD.lease_until - clock_timestamp()));
    RETURN NULL;
END
$$;
CREATE TRIGGER note AFTER UPDATE ON replies FOR EACH ROW
    WHEN (OLD.state = 'running' AND OLD.lease_until IS DISTINCT FROM NEW.lease_until)
    EXECUTE FUNCTION faults.note();
"""
READ = """
SELECT count(*), count(*) FILTER (WHERE seconds_left <= 0),
    coalesce(extract(epoch FROM lease_length()) - min(seconds_left), 0)
FROM faults.leases
"""
FORGET = "DROP TRIGGER note ON replies; DROP SCHEMA faults CASCADE"


async def run(trial: Trial) -> None:
    """People talk for `trial.size` seconds. Nothing dies, so nobody may lose a lease."""
    trial.parley.sql(WATCH)
    try:
        async with crowd(trial, 4):
            with _busy_cores(trial.parley.local.stack.logs / "busy.log"):
                await asyncio.sleep(trial.size)
            trial.mark_fault()
        ((renewed, lost, longest),) = trial.parley.sql(READ)
    finally:
        trial.parley.sql(FORGET)
    trial.found.counts["leases renewed or given up"] += renewed
    trial.found.counts["leases of living runners that ran out"] += lost
    trial.found.figures["longest without a heartbeat"].append(float(longest))
    if lost:
        trial.found.missed.append(f"{lost} leases of living runners ran out")


@contextlib.contextmanager
def _busy_cores(log: Path) -> Iterator[None]:
    """A process for each core that computes as long as the block lasts."""
    with contextlib.ExitStack() as ends:
        for _ in range(os.cpu_count() or 1):
            program = Program([sys.executable, "-c", BUSY], {}, log)
            ends.callback(program.end)
        yield
