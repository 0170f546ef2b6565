"""The runner: starts the services in order, shows their logs, and stops them all at the end.

Ctrl-C, SIGTERM and a closed terminal (SIGHUP) all mean: stop cleanly. supervisord has a
session of its own, so that the terminal's signals reach only us and everything stops in order.
"""

import contextlib
import json
import os
import resource
import signal
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from local import pidfile
from local.logs import TROUBLE, Tail
from local.nginx import nginx
from local.postgres import is_ready
from local.prepare import clear_away, end, prepare
from local.say import Problem, listener, say
from local.stack import ROOT, Stack
from local.supervision import SERVICES, Supervisor, socket_path, write_config
from local.wait import Waiter

START_SECONDS = 0.1  # between two looks at what is starting
MODEL_SECONDS = 1.0  # and at the language model, which may have to be fetched
QUIET_SECONDS = 0.3  # without a new line in the logs: the services have said what they had to say
SECOND_CHANCE = 10.0  # seconds until a service that supervisord gave up is tried again


class Stopped(Exception):
    """Somebody asked us to stop."""


class Runner:
    """One run of the whole, from the first process to the last one's end."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        wanted = {
            "nginx": nginx(),
            "tls": stack.tls == "local",
            "embed": stack.embedding_model,
            "answer": stack.answer_model,
            "vision": stack.vision_model,
        }
        self.services = [service for service in SERVICES if wanted.get(service, True)]
        self.supervisor = Supervisor(socket_path(stack))
        self._tails = [Tail(stack.logs / f"{s}.log", s) for s in self.services]
        self._tails.append(Tail(stack.logs / "supervisord.log", "parley", TROUBLE))
        self._daemon: subprocess.Popen[bytes] | None = None
        self._waiter = Waiter(stack.logs)
        self._signals = 0
        self._looked = 0.0
        self._began = time.monotonic()

    def run(self) -> None:
        """Returns when it was stopped. Raises Problem if it can't start or can't continue."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        try:
            self._start()
            while not (model := self._ask_for_model()):
                self._step(MODEL_SECONDS)
            self._say_ready(model)
            while True:
                self._step(SECOND_CHANCE)
        except Stopped:
            say("stopping")
        finally:
            self._stop()
        say("stopped; your chats are kept")

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._signals += 1

    def _start(self) -> None:
        """db first, the migrations when it is ready, then all the others: those that need
        one another say so in their pages until they have found each other."""
        if not (self.stack.home / "db").exists():
            say("first run: making the database, then fetching the language model")
        if "nginx" not in self.services:
            say("nginx is missing, chat-ui is served directly (Debian: apt install nginx-light)")
        self._start_supervisord()
        self.supervisor.start("db")
        self._wait("db", self._db_is_ready, 120)
        self.supervisor.start("migrate")
        self._wait("migrate", self._is_migrated, 300)
        for service in self.services:
            if service not in ("db", "migrate"):
                self.supervisor.start(service)
        self._wait("pages", self._pages_are_up, 120)
        (self.stack.run / "ready").write_text(self.stack.url)
        self._show_logs()
        say(f"the pages are at {self.stack.url}; waiting for the language model")

    def _ask_for_model(self) -> str:
        """The name of the model that answers; empty as long as none does."""
        settings = self.stack.environment("lm-api")
        key = Path(settings["LM_API_KEY_FILE"]).read_text().strip()
        url = f"{settings['LM_API_URL']}/v1/models"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})  # noqa: S310
        with contextlib.suppress(OSError), urllib.request.urlopen(request, timeout=2) as answer:  # noqa: S310
            return str(json.load(answer)["data"][0]["id"])
        return ""

    def _say_ready(self, model: str) -> None:
        """The last line of a start: what the services say of it comes before, if soon."""
        took = time.monotonic() - self._began
        for _ in range(10):
            if not self._waiter.wait(QUIET_SECONDS):
                break
            self._step(0)
        self._show_logs()
        ready = f"Parley is ready at {self.stack.url} with {model}, after {took:.1f} s."
        say(f"{ready} Ctrl-C stops it.")

    def _start_supervisord(self) -> None:
        write_config(self.stack, self.services)
        command = [sys.executable, "-m", "local.launch", "supervisord"]
        home = {"PARLEY_HOME": str(self.stack.home), "PORT": str(self.stack.port)}
        # It complains on stderr about each line that it can't write, and where that fails as well
        # (both on one full disk) it would close the service's pipe, and the service would die.
        self._daemon = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | home,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._waiter.watch_child(self._daemon.pid)
        self._wait("supervisord", self.supervisor.is_up, 60)

    def _wait(self, what: str, is_there: Callable[[], bool], patience: float) -> None:
        deadline = time.monotonic() + patience
        while not is_there():
            self._step(START_SECONDS)
            if time.monotonic() > deadline:
                logs = self.stack.logs
                raise Problem(f"{what}: not ready after {patience:.0f} s; see the logs in {logs}")

    def _db_is_ready(self) -> bool:
        return is_ready(self.stack.home / "db", self.stack.ports()["db"])

    def _is_migrated(self) -> bool:
        state, code = self.supervisor.states()["migrate"]
        if state in ("FATAL", "UNKNOWN") or (state == "EXITED" and code):
            log = self.stack.logs / "migrate.log"
            raise Problem(f"the migrations failed; the reason is above and in {log}")
        return state == "EXITED"

    def _pages_are_up(self) -> bool:
        # From the inside out: nginx would log each request that nobody behind it answers.
        inner = [f"http://127.0.0.1:{self.stack.ports()[name]}" for name in ("db-api", "chat-ui")]
        urls = (f"{inner[0]}/ready", f"{inner[1]}/health", f"{self.stack.url}/health")
        return all(_answers(url) for url in urls)

    def _step(self, longest: float) -> None:
        """Shows what is new, notices what needs doing, and waits for the next reason to."""
        self._show_logs()
        if self._signals or listener.has_left():
            raise Stopped
        if self._daemon is not None and self._daemon.poll() is not None:
            raise Problem("the supervisor was killed; start again with: make local")
        if time.monotonic() - self._looked > SECOND_CHANCE:
            self._looked = time.monotonic()
            self._revive()
        self._waiter.wait(longest)

    def _revive(self) -> None:
        """supervisord gives a service up after a few tries in a row. The reason (a full disk, a
        lost network) may pass, so it gets another chance."""
        if not self.supervisor.is_up():
            return
        for service, (state, _) in self.supervisor.states().items():
            if state == "FATAL" and service != "migrate":
                say(f"{service} doesn't stay up; trying it again")
                self.supervisor.start(service)

    def _stop(self) -> None:
        """Everything ends: in order by supervisord, and what it could not end, by us."""
        if self._daemon is not None:
            self._daemon.terminate()
            while self._daemon.poll() is None:
                self._show_logs()
                time.sleep(0.05)
                if self._signals > 1:  # Ctrl-C again: now
                    self._daemon.kill()
        for service in reversed(SERVICES):
            end(self.stack, service)
        self._show_logs()

    def _show_logs(self) -> None:
        for tail in self._tails:
            tail.show_new()


def _answers(url: str) -> bool:
    # Whether it is there, not whether it is who it says: the certificate is ours.
    unverified = ssl._create_unverified_context()  # noqa: S323
    with (
        contextlib.suppress(OSError),
        urllib.request.urlopen(url, timeout=2, context=unverified) as response,  # noqa: S310
    ):
        return bool(response.status == 200)
    return False


def main() -> int:
    """Runs Parley until it is stopped. Every foreseeable failure is one line, no traceback."""
    # Ours and all that we start: a core would hold what people wrote.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        stack = Stack.from_environment()
        stack.make_directories()
        try:
            pidfile.take(stack.pid_file("parley"))
        except BlockingIOError:
            pid = pidfile.holder(stack.pid_file("parley"))
            raise Problem(
                f"Parley already runs from {stack.home} (process {pid}); end it with: kill {pid}"
                " - or run another beside it: PARLEY_HOME=.cache/other PORT=8081 make local"
            ) from None
        with stack.directory_for_sockets():
            clear_away(stack)
            prepare(stack)
            Runner(stack).run()
    except Problem as problem:
        say(str(problem))
        return 1
    except OSError as error:
        say(f"can't continue: {error.strerror or error} {error.filename or ''}".rstrip())
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
