"""Tells how a download goes: one line rewritten on a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
import time

EVERY_SECONDS = {True: 0.2, False: 5.0}  # on a terminal, in a log


def megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def duration(seconds: float) -> str:
    """45 s, 3 min 20 s, 2 h 05 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


class Progress:
    """Tells of `what` growing from `start` bytes to `total` (None: nobody knows)."""

    def __init__(self, what: str, start: int, total: int | None) -> None:
        self.what, self.start, self.total = what, start, total
        self.began = self.said = time.monotonic()
        self.terminal = sys.stdout.isatty()
        self.open_line = False

    def advance(self, done: int) -> None:
        """To be called often; speaks only when it is time to."""
        if time.monotonic() - self.said >= EVERY_SECONDS[self.terminal]:
            self.say(done)

    def close(self, done: int) -> None:
        """Says the last state and ends the line."""
        self.say(done)
        if self.open_line:
            print(flush=True)
            self.open_line = False

    def say(self, done: int) -> None:
        self.said = time.monotonic()
        line = self.describe(done, self.said - self.began)
        if self.terminal:
            print(f"\r\x1b[K{line}", end="", flush=True)
            self.open_line = True
        else:
            print(line, flush=True)

    def describe(self, done: int, seconds: float) -> str:
        """One line: how much of how much, percent, speed, time left; as far as known."""
        speed = (done - self.start) / seconds if seconds > 0 else 0.0
        if self.total is None:
            return f"{self.what}: {megabytes(done)}, {megabytes(round(speed))}/s"
        percent = 100 * done // max(self.total, 1)
        line = f"{self.what}: {megabytes(done)} of {megabytes(self.total)} ({percent} %)"
        line += f", {megabytes(round(speed))}/s"
        if done < self.total and speed > 0:
            line += f", {duration((self.total - done) / speed)} left"
        return line
