"""The whole of Parley as `make local` runs it, in a directory and on a port of its own."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from local import pidfile
from local.ports import free_port
from local.stack import Stack

ROOT = Path(__file__).resolve().parents[2]
SMALL_MODEL = "smollm2-135m-instruct"


class LocalStack:
    """One Parley in its own processes: `with LocalStack() as parley: …parley.url…`.

    `settings` are environment variables, as a person would set them before `make local`. It needs
    the venv that runs the tests, and the small model (fetched on first use).
    """

    def __init__(self, home: Path | None = None, port: int | None = None, **settings: str) -> None:
        self._own_home = home is None
        self.home = home or make_home()
        self.port = port or free_port()
        self._settings = {"LM_MODEL": SMALL_MODEL, "LM_CACHE_RAM": "64"} | settings
        self._log = self.home / "terminal"
        self._process: subprocess.Popen[bytes] | None = None

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
    def pid(self) -> int:
        """The runner's."""
        assert self._process is not None, "not started"
        return self._process.pid

    @property
    def ports(self) -> dict[str, int]:
        """The inner services' ports, by service."""
        return self._stack().ports()

    def environment(self, service: str) -> dict[str, str]:
        """What `service` is started with: addresses and secret files for talking to the others."""
        return self._stack().environment(service)

    def pid_of(self, service: str) -> int | None:
        """The service's main process, None if it does not run."""
        return pidfile.holder(self._stack().pid_file(service))

    def output(self) -> str:
        """Everything the person at the terminal has been shown so far."""
        return self._log.read_text()

    def start(self, terminal: int | None = None) -> None:
        """Starts it without waiting; again after it was killed. What it says goes to the open file
        `terminal`, or is kept for `output()`."""
        if self._process is not None:
            self._process.wait(60)
        (self.home / "run" / "ready").unlink(missing_ok=True)
        variables = {"PARLEY_HOME": str(self.home), "PORT": str(self.port), **self._settings}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "local.run"],
                cwd=ROOT,
                env=os.environ | variables,
                stdout=terminal or log,
                stderr=terminal or log,
                start_new_session=True,
            )

    def wait_until_ready(self, patience: float = 60) -> None:
        """Until the pages answer; the model may still be loading."""
        self.wait(lambda: (self.home / "run" / "ready").exists() or self._has_ended(), patience)
        if self._has_ended():
            raise RuntimeError(f"Parley ended early:\n{self.output()}")

    def wait_until_model_is_ready(self, patience: float = 300) -> None:
        """Until lm-api can answer, which the first time includes fetching the model."""
        self.wait(
            lambda: _status(f"http://127.0.0.1:{self.ports['lm-api']}/health") == 200, patience
        )

    def wait(self, is_so: Callable[[], bool], patience: float = 60) -> None:
        """Until `is_so`; raises with the terminal's last lines when it takes too long."""
        deadline = time.monotonic() + patience
        while not is_so():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not so after {patience} s:\n{self.output()[-4000:]}")
            time.sleep(0.05)

    def answers(self, path: str = "/health") -> bool:
        return _status(self.url + path) == 200

    def kill(self, service: str) -> int:
        """SIGKILLs the service's main process and returns the pid it had."""
        pid = self.pid_of(service)
        assert pid is not None, f"{service} does not run"
        os.kill(pid, signal.SIGKILL)
        return pid

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """As Ctrl-C does; returns the exit code once everything has stopped."""
        if self._process is None:
            return 0
        if self._process.poll() is None:
            self._process.send_signal(how)
        return self.wait_until_stopped()

    def wait_until_stopped(self) -> int:
        """Its exit code."""
        assert self._process is not None, "not started"
        return self._process.wait(60)

    def _has_ended(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def _stack(self) -> Stack:
        return Stack(self.home, "127.0.0.1", self.port)


def make_home() -> Path:
    """A temporary directory that suits; whoever makes it removes it."""
    home = Path(tempfile.mkdtemp(prefix="parley-"))
    home.chmod(0o755)  # started by root, PostgreSQL and nginx run as somebody else and must pass
    return home


def _status(url: str) -> int:
    """The HTTP status, 0 if nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0
