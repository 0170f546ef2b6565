"""Runs `sdk.py` with the unmodified SDK that `make test-api` uses, too."""

import asyncio
import contextlib
import json
import os
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.stack import ROOT
from local.venv import ensure_venv

REQUIREMENTS = ROOT / "tests" / "api" / "requirements.txt"


@dataclass(frozen=True)
class Told:
    """What the SDK has got of an answer, joined from all of its streams."""

    id: str
    text: str
    resumed: int  # how often it asked for the rest
    status: str  # empty: it has no end


def make_environment() -> Path:
    """A Python that has the SDK; Problem if it can't be had."""
    return ensure_venv(ROOT / ".cache" / "api", [REQUIREMENTS])


class SDK:
    """One process, which asks one question after another."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.written = 0  # characters that have come of the answer that it waits for

    async def ask(self, question: str) -> Told:
        """The whole answer; RuntimeError if the process has ended."""
        self.written = 0
        asked = {"question": question, "key": uuid.uuid4().hex}
        assert self._process.stdin
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        await self._process.stdin.drain()
        while True:
            told = await self._read()
            if "status" in told:
                return Told(**told)
            self.written = told["written"]

    async def _read(self) -> dict[str, Any]:
        assert self._process.stdout
        line = await self._process.stdout.readline()
        if not line:
            raise RuntimeError("the SDK's process has ended")
        return json.loads(line)  # type: ignore[no-any-return]


@contextlib.asynccontextmanager
async def running_sdk(python: Path, url: str, token: str, model: str) -> AsyncIterator[SDK]:
    """Asks this Parley."""
    own = {"OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_KEY": token, "MODEL": model}
    process = await asyncio.create_subprocess_exec(
        python,
        Path(__file__).with_name("sdk.py"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, **own},
        limit=1 << 20,  # bytes of a line
    )
    try:
        yield SDK(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
