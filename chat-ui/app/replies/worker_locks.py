"""Which runners on this machine live, told by locks that the kernel drops when a process ends.

A runner holds an exclusive lock on a file named after its worker for as long as it lives. Whoever
gets the lock of another's file knows that nobody is left behind that name, and may hand back what
it held at once; without that, its leases would have to run out first.
"""

import contextlib
import fcntl
import logging
import os
from collections.abc import Generator
from pathlib import Path

log = logging.getLogger(__name__)


class WorkerLocks:
    """One runner's view of the folder, which must be on a disk of this machine.

    Where there is no folder, or nothing can be locked in it, everybody there seems to live.
    """

    def __init__(self, folder: Path, worker: str) -> None:
        self._folder, self._own = folder, folder / worker
        self._file: int | None = None

    def take(self) -> None:
        """Takes our own lock."""
        unfinished = self._folder / f".{self._own.name}"
        try:
            self._file = os.open(unfinished, os.O_RDWR | os.O_CREAT, 0o644)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            unfinished.rename(self._own)  # it is never seen without its lock
        except OSError as error:
            self.leave()
            with contextlib.suppress(OSError):
                unfinished.unlink()
            log.warning(
                "no locks in %s (%s): when a runner dies, its replies continue only when their"
                " leases have run out",
                self._folder,
                error.strerror,
            )

    def leave(self, *, empty_handed: bool = False) -> None:
        """Gives our lock up; `empty_handed` if there is nothing left to hand back."""
        if self._file is not None:
            if empty_handed:
                self._own.unlink(missing_ok=True)
            os.close(self._file)
            self._file = None

    def find_dead(self) -> Generator[str]:
        """The names of those that have died. Nobody else finds the same one until the next is asked
        for; then it is taken for settled and never found again."""
        if self._file is None:
            return
        for path in sorted(self._folder.glob("[!.]*")):
            if path != self._own and (file := _lock(path)) is not None:
                try:
                    yield path.name
                    with contextlib.suppress(OSError):
                        path.unlink()
                finally:
                    os.close(file)


def _lock(path: Path) -> int | None:
    """The open file, locked; None if its runner lives, or somebody else was quicker, or if that
    can't be told."""
    try:
        file = os.open(path, os.O_RDWR)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return file
