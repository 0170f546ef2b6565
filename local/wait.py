"""Waits for what the runner has to react to, instead of looking for it again and again."""

import contextlib
import ctypes
import os
import select
import signal
from pathlib import Path

from local.say import listener

OUTPUT = 1

# Linux, inotify(7): a file in the folder has grown, was made, or was renamed.
CHANGED = 0x2 | 0x100 | 0x80
# Where there is no inotify (macOS) the logs are looked at this often.
LOOK_SECONDS = 0.5


class Waiter:
    """Wakes for a signal, a log that grows, a child that ends and an output that nobody reads."""

    def __init__(self, logs: Path) -> None:
        self._poll = select.poll()
        self._signals, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        self._poll.register(self._signals, select.POLLIN)
        self._poll.register(OUTPUT, 0)  # its end is reported unasked
        self._logs = _watch(logs)
        if self._logs is not None:
            self._poll.register(self._logs, select.POLLIN)

    def watch_child(self, pid: int) -> None:
        """From now on, its end is a reason to wake."""
        if hasattr(os, "pidfd_open"):
            self._poll.register(os.pidfd_open(pid), select.POLLIN)

    def wait(self, seconds: float) -> bool:
        """Until something happens, at most so long; whether something did."""
        if self._logs is None:
            seconds = min(seconds, LOOK_SECONDS)
        ready = dict(self._poll.poll(seconds * 1000))
        if self._logs in ready:
            os.read(self._logs, 65536)
        if self._signals in ready:
            os.read(self._signals, 4096)
        if OUTPUT in ready:
            self._poll.unregister(OUTPUT)
            listener.leave()
        return bool(ready)


def _watch(folder: Path) -> int | None:
    """A descriptor that can be read when a file in the folder has changed; None without inotify."""
    with contextlib.suppress(OSError, AttributeError):
        c = ctypes.CDLL(None, use_errno=True)
        descriptor = c.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if descriptor >= 0 and c.inotify_add_watch(descriptor, os.fsencode(folder), CHANGED) >= 0:
            return int(descriptor)
    return None
