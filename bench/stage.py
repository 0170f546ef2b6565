"""What is measured: a Parley as `make local` runs it, and beside it a bare model server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from local.ports import free_port
from tests.support.local_stack import SMALL_MODEL, LocalStack
from tests.support.sql import sql

from bench.bare import Bare, ask_bare, serve

# Greedy, so that both sides write the same; short, so that a round takes seconds.
SETTINGS = {"TEMPERATURE": "0", "REPLY_TOKENS": "48", "LM_CACHE_RAM": "1024"}


class Stage:
    """Both, running. Only one of them is asked at a time."""

    def __init__(self, parley: LocalStack, bare_url: str, settings: Mapping[str, str]) -> None:
        self.parley, self._bare_url, self.settings = parley, bare_url, settings

    @property
    def url(self) -> str:
        """Where a browser finds it: nginx."""
        return f"http://127.0.0.1:{self.parley.port}"

    def sql(self, statement: str) -> None:
        """Writes straight into the tables what would take hours to say."""
        sql(self.parley, statement)

    def memory_of(self, service: str) -> float:
        """Megabytes of the service's processes, what they share with others by its share."""
        pid = self.parley.pid_of(service)
        assert pid is not None, f"{service} does not run"
        return sum(_proportional_kb(each) for each in _with_children(pid)) / 1000

    @contextlib.asynccontextmanager
    async def bare(self) -> AsyncIterator[Bare]:
        """A client of the bare server."""
        key = Path(self.parley.environment("lm-api")["LM_API_KEY_FILE"]).read_text().strip()
        async with ask_bare(self._bare_url, key, int(self.settings["REPLY_TOKENS"])) as bare:
            yield bare


@contextlib.asynccontextmanager
async def open_stage(**settings: str) -> AsyncIterator[Stage]:
    """Starts both and waits for their models; stops and removes them afterwards."""
    chosen = SETTINGS | settings
    with LocalStack(None, None, **chosen) as parley:
        await asyncio.to_thread(parley.wait_until_model_is_ready)
        own = {"PORT": str(free_port()), "LM_MODEL": chosen.get("LM_MODEL", SMALL_MODEL)}
        with serve(parley.environment("lm-api") | chosen | own) as url:
            yield Stage(parley, url, chosen)


def _with_children(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in _with_children(int(child)))]


def _proportional_kb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("Pss:"))
