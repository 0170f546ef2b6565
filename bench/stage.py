"""What is measured: a Parley as `make local` runs it, and beside it a bare model server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from local.ports import free_port
from tests.support.local_stack import SMALL_MODEL, LocalStack
from tests.support.sql import sql

from bench.bare import Bare, ask_bare, serve

# Greedy, so that both sides write the same.
SETTINGS = {"TEMPERATURE": "0", "LM_CACHE_RAM": "1024"}


class Stage:
    """Both, running. Only one of them is asked at a time."""

    def __init__(self, parley: LocalStack, bare_url: str, reply_tokens: int) -> None:
        self.parley, self._bare_url, self.reply_tokens = parley, bare_url, reply_tokens

    @property
    def url(self) -> str:
        """Where a browser finds it: nginx."""
        return f"http://127.0.0.1:{self.parley.port}"

    def sql(self, statement: str) -> list[tuple[object, ...]]:
        """Straight into the tables, as for what would take hours to say; the rows, if any."""
        return sql(self.parley, statement)

    def memory_of(self, service: str) -> float:
        """Megabytes of the service's processes."""
        pid = self.parley.pid_of(service)
        assert pid is not None, f"{service} does not run"
        return megabytes(pid)

    @contextlib.asynccontextmanager
    async def bare(self) -> AsyncIterator[Bare]:
        """A client of the bare server."""
        key = Path(self.parley.environment("lm-api")["LM_API_KEY_FILE"]).read_text().strip()
        async with ask_bare(self._bare_url, key, self.reply_tokens) as bare:
            yield bare


@contextlib.asynccontextmanager
async def open_stage(reply_tokens: int, **settings: str) -> AsyncIterator[Stage]:
    """Starts both and waits for their models; stops and removes them afterwards. A reply is of
    `reply_tokens` at most."""
    chosen = SETTINGS | settings | {"REPLY_TOKENS": str(reply_tokens)}
    with LocalStack(None, None, **chosen) as parley:
        await asyncio.to_thread(parley.wait_until_model_is_ready)
        own = {"PORT": str(free_port()), "LM_MODEL": chosen.get("LM_MODEL", SMALL_MODEL)}
        with serve(parley.environment("lm-api") | chosen | own, parley.home / "bare.log"):
            yield Stage(parley, f"http://127.0.0.1:{own['PORT']}", reply_tokens)


def megabytes(pid: int) -> float:
    """What a process and all it has started hold in memory; what they share with others counts by
    its share."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    own = next(float(line.split()[1]) / 1000 for line in lines if line.startswith("Pss:"))
    return own + sum(megabytes(int(child)) for child in children)
