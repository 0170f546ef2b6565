"""The whole of Parley as `make local` runs it, in a directory and on a port of its own."""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from local import pidfile
from local.model import SMALL as SMALL_MODEL
from local.ports import free_port
from local.stack import Stack
from tests.support.program import Program
from tests.support.waiting import answers, wait_until

__all__ = ["SMALL_MODEL", "LocalStack", "make_home"]


class LocalStack:
    """One Parley in its own processes: `with LocalStack() as parley: …parley.url…`.

    `settings` are environment variables, as a person would set them before `make local`. It needs
    the venv that runs the tests, and the small model (fetched on first use).
    """

    def __init__(self, home: Path | None = None, port: int | None = None, **settings: str) -> None:
        self._own_home = home is None
        self.home = home or make_home()
        self.port = port or free_port()
        # Who tests or measures asks for more than a person does.
        usual = {"LM_MODEL": SMALL_MODEL, "LM_CACHE_RAM": "64", "LIMITS": "off"}
        self._settings = usual | settings
        self._program: Program | None = None

    def __enter__(self) -> "LocalStack":
        try:
            self.start()
            self.wait_until_ready()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.stop()
        finally:
            if self._own_home:
                shutil.rmtree(self.home)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def program(self) -> Program:
        """The runner."""
        assert self._program is not None, "not started"
        return self._program

    @property
    def pid(self) -> int:
        """The runner's."""
        return self.program.pid

    @property
    def stack(self) -> Stack:
        """Where its files and ports are."""
        return Stack(self.home, "127.0.0.1", self.port)

    @property
    def ports(self) -> dict[str, int]:
        """The inner services' ports, by service."""
        return self.stack.ports()

    def environment(self, service: str) -> dict[str, str]:
        """What `service` is started with: addresses and secret files for talking to the others."""
        return self.stack.environment(service)

    def pid_of(self, service: str) -> int | None:
        """The service's main process, None if it does not run."""
        return pidfile.holder(self.stack.pid_file(service))

    def output(self) -> str:
        """Everything the person at the terminal has been shown so far."""
        return (self.home / "terminal").read_text()

    def start(self, terminal: int | None = None) -> None:
        """Starts it without waiting; again after it was killed. What it says goes to the open file
        `terminal`, or is kept for `output()`."""
        if self._program is not None:
            self._program.wait()
        (self.home / "run" / "ready").unlink(missing_ok=True)
        settings = {"PARLEY_HOME": str(self.home), "PORT": str(self.port), **self._settings}
        self._program = Program(
            [sys.executable, "-m", "local.run"], settings, self.home / "terminal", terminal
        )

    def wait_until_ready(self, patience: float = 300) -> None:
        """Until the pages answer; the model may still be loading."""
        self.program.wait_until((self.home / "run" / "ready").exists, patience)

    def wait_until_model_is_ready(self, patience: float = 300) -> None:
        """Until lm-api can answer, which the first time includes fetching the model."""
        self.wait(lambda: answers(f"http://127.0.0.1:{self.ports['lm-api']}/health"), patience)

    def wait(self, is_so: Callable[[], object], patience: float = 60) -> None:
        """Until `is_so`; raises with the terminal's last lines when it takes too long."""
        wait_until(is_so, patience, lambda: self.output()[-4000:])

    def answers(self, path: str = "/health") -> bool:
        return answers(self.url + path)

    def kill(self, service: str, how: signal.Signals = signal.SIGKILL) -> int:
        """Sends this signal to the service's main process; the pid it has, or had."""
        pid = self.pid_of(service)
        assert pid is not None, f"{service} does not run"
        os.kill(pid, how)
        return pid

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """As Ctrl-C does; returns the exit code once everything has stopped."""
        return self._program.end(how) if self._program else 0


def make_home() -> Path:
    """A temporary directory that suits; whoever makes it removes it."""
    home = Path(tempfile.mkdtemp(prefix="parley-"))
    home.chmod(0o755)  # started by root, PostgreSQL and nginx run as somebody else and must pass
    return home
