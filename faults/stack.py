"""The Parley that is tormented: real processes, real nginx, a small real model."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import httpx
from local.ports import free_port
from local.programs import postgres_bin
from local.stack import ROOT, Stack
from local.supervision import Supervisor, socket_path
from tests.support.local_stack import LocalStack

# A directory in a home that was made beforehand: PostgreSQL's programs as they are to be used.
PROGRAMS = "pg-bin"
SERVICES = ("nginx", "chat-ui", "db-api", "db", "lm-api")

# Small and quick, so that many replies are being written at any moment; warm enough that a reply
# begun anew would not come out the same.
SETTINGS = {"LM_SLOTS": "12", "LM_CONTEXT": "1024", "REPLY_TOKENS": "80", "TEMPERATURE": "1.0"}


class Parley:
    """One running stack and the means to hurt it."""

    def __init__(self, settings: Mapping[str, str], home: Path | None = None) -> None:
        self.settings = SETTINGS | dict(settings)
        if home and (home / PROGRAMS).is_dir():
            self.settings["PG_BIN"] = str(home / PROGRAMS)
        self.local = LocalStack(home, None, **self.settings)
        self._frozen: set[int] = set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Parley"]:
        """Started and with its model loaded; stopped and removed afterwards."""
        try:
            await asyncio.to_thread(self.local.__enter__)
            await asyncio.to_thread(self.local.wait_until_model_is_ready)
            yield self
        finally:
            self.thaw_all()
            await asyncio.shield(asyncio.to_thread(self.local.__exit__, None, None, None))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.local.port}"

    @property
    def stack(self) -> Stack:
        """Where its files and ports are."""
        return Stack(self.local.home, "127.0.0.1", self.local.port)

    def kill(self, service: str) -> int | None:
        """SIGKILLs the service's main process; the pid it had, None if it did not run."""
        pid = self.local.pid_of(service)
        with contextlib.suppress(ProcessLookupError):
            if pid is not None:
                os.kill(pid, signal.SIGKILL)
        return pid

    def freeze(self, service: str) -> int:
        """SIGSTOPs the service's main process: alive, but deaf. Returns its pid."""
        pid = self.local.pid_of(service)
        assert pid is not None, f"{service} does not run"
        os.kill(pid, signal.SIGSTOP)
        self._frozen.add(pid)
        return pid

    def thaw(self, pid: int) -> None:
        """Lets a frozen process go on, as if nothing had been."""
        self._frozen.discard(pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    def thaw_all(self) -> None:
        """Nothing may stay frozen: it could not be stopped in order."""
        for pid in list(self._frozen):
            self.thaw(pid)

    def successor_of(self, service: str, before: int | None) -> bool:
        """Whether another process than `before` serves in its place."""
        pid = self.local.pid_of(service)
        return pid is not None and pid != before

    async def wait_for_successor(self, service: str, before: int | None, patience: float) -> None:
        """Until the supervisor has put another process in the place of `before`."""
        deadline = time.monotonic() + patience
        while not self.successor_of(service, before):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{service} was not restarted within {patience:.0f} s")
            await asyncio.sleep(0.02)

    def answers(self, service: str) -> bool:
        """Whether the service itself says that it is well."""
        port = self.local.port if service == "nginx" else self.stack.ports()[service]
        if service == "db":
            command = [str(postgres_bin() / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
            return subprocess.run(command, check=False).returncode == 0
        path = {"nginx": "/nginx-health", "db-api": "/ready"}.get(service, "/health")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    async def wait_until_well(self, patience: float = 60) -> None:
        """Until every service answers."""
        deadline = time.monotonic() + patience
        for service in SERVICES:
            while not await asyncio.to_thread(self.answers, service):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{service} does not answer after {patience:.0f} s")
                await asyncio.sleep(0.05)

    def sql(self, statement: str) -> str:
        """Runs it as PostgreSQL's superuser, whom no service knows; the rows, `|` between."""
        command = [str(postgres_bin() / "psql"), "--no-psqlrc", "--quiet", "--tuples-only"]
        command += ["--no-align", "--set", "ON_ERROR_STOP=1", "--username", "postgres"]
        command += ["--host", str(self.stack.sockets / "db"), "--dbname", "parley"]
        command += ["--port", str(self.stack.ports()["db"])]
        done = subprocess.run(
            command, input=statement, capture_output=True, text=True, check=False, timeout=120
        )
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        return done.stdout.strip()

    def hold_down(self, service: str) -> None:
        """Stops the service and has the supervisor leave it so, until `let_up`."""
        self._supervisor().stop(service)

    def let_up(self, service: str) -> None:
        """Starts a service that was held down."""
        self._supervisor().start(service)

    def _supervisor(self) -> Supervisor:
        return Supervisor(socket_path(self.stack))

    @contextlib.asynccontextmanager
    async def second_copy(self) -> AsyncIterator[str]:
        """Another copy of chat-ui beside the supervised one; its address."""
        port = free_port()
        environment = self.local.environment("chat-ui") | self.settings | {"PORT": str(port)}
        log = self.stack.logs / "chat-ui-2.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [ROOT / "chat-ui" / "start"],
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        url = f"http://127.0.0.1:{port}"
        try:
            await _wait_for_page(f"{url}/health", process)
            yield url
        finally:
            process.terminate()
            try:
                await asyncio.to_thread(process.wait, 10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


async def _wait_for_page(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    async with httpx.AsyncClient(trust_env=False) as client:
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get(url)).status_code == 200:
                    return
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the second copy of chat-ui did not come up")
            await asyncio.sleep(0.1)
