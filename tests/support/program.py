"""A program that runs beside a test: its output in a file, its end certain."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from local.stack import ROOT
from tests.support.waiting import wait_until

__all__ = ["ROOT", "Program"]  # where programs are started from can be another tree


class Program:
    """Started as it is made, with `settings` on top of this process's environment. `terminal` is
    an open file to write to instead of `log`."""

    def __init__(
        self,
        command: Sequence[str | Path],
        settings: Mapping[str, str],
        log: Path,
        terminal: int | None = None,
    ) -> None:
        self.log = log
        with log.open("ab") as kept:
            output = terminal or kept
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **settings},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self.pid = self._process.pid

    def wait_until(self, is_so: Callable[[], object], patience: float = 60) -> None:
        """Returns once it is so; raises RuntimeError with the log if the program ends before."""
        wait_until(lambda: self._has_ended() or is_so(), patience, self.log.read_text)
        if self._has_ended():
            raise RuntimeError(f"the program ended early:\n{self.log.read_text()}")

    def end(self, how: signal.Signals = signal.SIGTERM, patience: float = 60) -> int:
        """Ends it by this signal; its exit code. Raises TimeoutExpired if it had to be killed."""
        if not self._has_ended():
            self._process.send_signal(how)
        try:
            return self.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    def wait(self, patience: float = 60) -> int:
        """Its exit code, once it has ended by itself."""
        return self._process.wait(patience)

    def _has_ended(self) -> bool:
        return self._process.poll() is not None
