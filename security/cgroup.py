"""A control group of its own for a program that we start, with a fixed share of the processors.

Both kinds that Linux has are used: https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu and
https://docs.kernel.org/scheduler/sched-bwc.html.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from faults.scenarios.scenario import Unavailable
from tests.support.waiting import wait_until

MOUNTED = Path("/sys/fs/cgroup")
PERIOD = 100_000  # microseconds


@contextlib.contextmanager
def confine(cores: float) -> Iterator[Path]:
    """The file that takes the pids of those who may use so many processors, all together. They
    have to end before the block does. Unavailable if no group can be made here; CI has to."""
    try:
        group = _make(round(cores * PERIOD))
    except OSError as error:
        if os.environ.get("CI"):
            raise
        raise Unavailable(f"no control group for the attacker: {error}") from error
    try:
        yield group / "cgroup.procs"
    finally:
        wait_until(lambda: _is_removed(group))


def _make(quota: int) -> Path:
    """With so many microseconds of each period. Raises OSError."""
    unified = (MOUNTED / "cgroup.controllers").exists()
    group = MOUNTED / ("." if unified else "cpu") / f"parley-security-{os.getpid()}"
    group.mkdir()
    try:
        if unified:
            (group / "cpu.max").write_text(f"{quota} {PERIOD}")
        else:
            (group / "cpu.cfs_period_us").write_text(str(PERIOD))
            (group / "cpu.cfs_quota_us").write_text(str(quota))
    except OSError:
        group.rmdir()
        raise
    return group


def _is_removed(group: Path) -> bool:
    """A process that has ended may be in it for a moment."""
    with contextlib.suppress(OSError):
        group.rmdir()
    return not group.exists()
