"""The Parley that faults are injected into: real processes, real nginx, a small real model."""

import asyncio
import contextlib
import functools
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from local.ports import free_port
from local.stack import ROOT
from local.supervision import Supervisor, socket_path
from tests.support.local_stack import LocalStack
from tests.support.program import Program
from tests.support.sql import sql
from tests.support.waiting import answers

from faults.waiting import until

# What a home that was made beforehand may have: PostgreSQL's programs as they are to be used, a
# model for embed, and tools of its owner.
PROGRAMS = "pg-bin"
EMBEDDER = "embedder.gguf"
TOOLS = "tools"
SERVICES = ("nginx", "chat-ui", "db-api", "db", "lm-api")
# Where each says that it is well; db-api speaks for the database, too.
HEALTH = {"nginx": "/nginx-health", "chat-ui": "/health", "db-api": "/ready", "lm-api": "/health"}

# Short replies, so that many end and begin; warm enough that one started again would not come out
# the same. As many slots as by default: they decide how much is read again after a restart.
SETTINGS = {"LM_CONTEXT": "1024", "REPLY_TOKENS": "80", "TEMPERATURE": "1.0"}


@contextlib.asynccontextmanager
async def running_parley(home: Path | None = None) -> AsyncIterator["Parley"]:
    """Started and with its model loaded; stopped and removed afterwards."""
    made = {"PG_BIN": PROGRAMS, "EMBED_MODEL": EMBEDDER, "TOOLS_DIR": TOOLS}
    own = {name: str(home / file) for name, file in made.items() if home and (home / file).exists()}
    local = LocalStack(home, None, **SETTINGS, **own)
    parley = Parley(local)
    try:
        await asyncio.to_thread(local.__enter__)
        await asyncio.to_thread(local.wait_until_model_is_ready)
        yield parley
    finally:
        parley.thaw_all()
        await asyncio.shield(asyncio.to_thread(local.__exit__, None, None, None))


class Parley:
    """One running stack and the means to hurt it."""

    def __init__(self, local: LocalStack) -> None:
        self.local = local
        self._frozen: set[int] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.local.port}"

    @property
    def supervisor(self) -> Supervisor:
        """What restarts the services; a service that it has stopped stays down."""
        return Supervisor(socket_path(self.local.stack))

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Runs it as PostgreSQL's superuser, whom no service knows; the rows."""
        return sql(self.local, statement, *values)

    def kill(self, service: str) -> int | None:
        """SIGKILLs the service's main process; the pid it had, None if it did not run."""
        with contextlib.suppress(ProcessLookupError):
            if pid := self.local.pid_of(service):
                os.kill(pid, signal.SIGKILL)
        return pid

    def freeze(self, service: str) -> None:
        """SIGSTOPs the service's main process: alive, but it does nothing."""
        self._frozen.add(self.local.kill(service, signal.SIGSTOP))

    def thaw_all(self) -> None:
        """What is frozen continues. Frozen it could not be stopped in order."""
        while self._frozen:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._frozen.pop(), signal.SIGCONT)

    def is_replaced(self, service: str, before: int | None) -> bool:
        """Whether another process than `before` serves in its place."""
        return self.local.pid_of(service) not in (None, before)

    async def wait_until_replaced(self, service: str, before: int | None) -> None:
        """Until the supervisor has put another process in the place of `before`."""
        await until(lambda: self.is_replaced(service, before), f"{service} restarted")

    async def wait_until_well(self, patience: float = 60) -> None:
        """Until every service answers."""
        ports = {"nginx": self.local.port} | self.local.ports
        for service, path in HEALTH.items():
            url = f"http://127.0.0.1:{ports[service]}{path}"
            is_well = functools.partial(asyncio.to_thread, answers, url)
            await until(is_well, f"{service} answers", patience, pause=0.05)

    @contextlib.asynccontextmanager
    async def second_copy(self) -> AsyncIterator[str]:
        """Another copy of chat-ui beside the supervised one; its address."""
        port = str(free_port())
        settings = self.local.environment("chat-ui") | SETTINGS | {"PORT": port}
        log = self.local.stack.logs / "chat-ui-2.log"
        copy = Program([ROOT / "chat-ui" / "start"], settings, log)
        try:
            health = functools.partial(answers, f"http://127.0.0.1:{port}/health")
            await asyncio.to_thread(copy.wait_until, health)
            yield f"http://127.0.0.1:{port}"
        finally:
            await asyncio.to_thread(copy.end)
