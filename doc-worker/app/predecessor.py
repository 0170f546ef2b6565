"""Who worked here before us: what a dead worker held need not wait for the end of its lease.

chat-ui's `worker_locks.py` finds dead runners by locks, too, but of many that live side by side,
each with a file of its own; here one follows another. The two services share no code.
"""

import fcntl
import os
from pathlib import Path


def replace_predecessor(file: Path | None, name: str) -> str | None:
    """The name of the worker that this file names, if that is dead. From now on it names us, and is
    locked for as long as we live; the kernel drops the lock. Without a file, or where another
    worker lives, nobody is known to be dead."""
    if file is None:
        return None
    try:
        opened = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(opened)
        return None
    before = os.read(opened, 200).decode(errors="replace")
    os.ftruncate(opened, 0)
    os.pwrite(opened, name.encode(), 0)
    return before or None
