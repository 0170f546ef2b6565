"""What processes hold in memory."""

from pathlib import Path


def megabytes(pid: int) -> float:
    """Of a process and all it has started; what they share with others counts by its share."""
    return sum(_proportional_kb(each) for each in _with_children(pid)) / 1000


def _with_children(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in _with_children(int(child)))]


def _proportional_kb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("Pss:"))
