"""Pid files that can be believed: the process that a file names holds a lock on it.

The lock lives as long as the process or any child that inherited it, and the kernel drops it
however they end. So a number in a file that is not locked means nothing, and one that is locked
can't have been given to somebody else's process in the meantime.
"""

import contextlib
import fcntl
import os
import signal
import time
from pathlib import Path


def take(path: Path) -> int:
    """Makes this process the one that `path` names; stays so after exec. Returns the open file.

    Raises BlockingIOError if somebody else holds it.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise
    os.ftruncate(file, 0)
    os.write(file, f"{os.getpid()}\n".encode())
    os.set_inheritable(file, True)
    return file


def holder(path: Path) -> int | None:
    """The pid in `path` if that process, or a child it left behind, is alive; else None."""
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return int(path.read_text() or 0) or None
    return None


def send(pid: int, how: signal.Signals) -> None:
    """Signals the process and its group: each service leads a group of its own."""
    for deliver in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            deliver(pid, how)
            return


def end(path: Path, how: signal.Signals, patience: float = 15) -> bool:
    """Ends whoever holds `path`: politely, then by SIGKILL. Whether there was anybody."""
    pid = holder(path)
    if pid is None:
        return False
    send(pid, how)
    if not wait_until_free(path, patience):
        send(pid, signal.SIGKILL)
        wait_until_free(path, 5)
    return True


def wait_until_free(path: Path, patience: float) -> bool:
    """Whether the lock was free within `patience` seconds."""
    deadline = time.monotonic() + patience
    while holder(path) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
