"""Who descends from whom, and who of them is still alive. A process is its pid and its start:
the same pid with another start is another process."""

import contextlib
import subprocess
from pathlib import Path

Processes = dict[int, str]  # pid → start


def descendants(pid: int) -> Processes:
    """`pid` and everything it has started, directly or not."""
    rows = _look()
    found = {pid}
    while new := {p for p, (parent, _) in rows.items() if parent in found} - found:
        found |= new
    return {p: rows[p][1] for p in found}


def alive(processes: Processes) -> Processes:
    """Those of `processes` that still run."""
    rows = _look()
    return {pid: start for pid, start in processes.items() if rows.get(pid, (0, ""))[1] == start}


def _look() -> dict[int, tuple[int, str]]:
    """Every process's parent and start; zombies, which only wait to be counted, left out."""
    rows = _from_proc() if Path("/proc/self/stat").exists() else _from_ps()
    return {int(r[0]): (int(r[1]), r[3]) for r in rows if not r[2].startswith("Z")}


def _from_proc() -> list[tuple[str, str, str, str]]:
    rows = []
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            # The name, in brackets, may hold anything; the rest is numbers in a fixed order.
            state, parent, *rest = file.read_text().rpartition(")")[2].split()
            rows.append((file.parent.name, parent, state, rest[17]))
    return rows


def _from_ps() -> list[tuple[str, str, str, str]]:
    command = ["ps", "-A", "-o", "pid=,ppid=,state=,lstart="]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    split = (line.split(None, 3) for line in lines)
    return [(pid, parent, state, start) for pid, parent, state, start in split]
