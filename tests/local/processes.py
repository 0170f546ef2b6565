"""Who descends from whom, and who of them is still alive. A process is its pid and its start: the
same pid with another start is another process."""

import psutil  # type: ignore[import-untyped]

Processes = set[psutil.Process]


def descendants(pid: int) -> Processes:
    """`pid` and everything it has started, directly or not."""
    first = psutil.Process(pid)
    return {first, *first.children(recursive=True)}


def alive(processes: Processes) -> Processes:
    """Those of `processes` that still run."""
    return {process for process in processes if _runs(process)}


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
