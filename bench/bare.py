"""The model's server without Parley: the same start script, model and flags, on its own."""

import json
import subprocess
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx
from faults.bare import Prompt
from local.stack import ROOT

from bench.person import Timing


@dataclass(frozen=True)
class Completion:
    """What came, and how long it took."""

    timing: Timing
    text: str
    prompt_tokens: int
    tokens: int


class Bare:
    """Asks it as any program would, by the client library that Parley uses."""

    def __init__(self, client: httpx.AsyncClient, reply_tokens: int) -> None:
        self.client = client
        self.reply_tokens = reply_tokens

    async def ask(self, prompt: Prompt, tokens: int = 0) -> Completion:
        """One completion, of so many tokens at most."""
        body: dict[str, Any] = {
            "messages": prompt,
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": tokens or self.reply_tokens,
            "temperature": 0,
        }
        began, first, text = time.perf_counter(), 0.0, ""
        usage: dict[str, int] = {}
        async with self.client.stream("POST", "/v1/chat/completions", json=body) as answer:
            assert answer.status_code == 200, answer.status_code
            async for line in answer.aiter_lines():
                if not line.startswith("data: {"):
                    continue
                chunk = json.loads(line.removeprefix("data: "))
                for choice in chunk.get("choices", ()):
                    text += choice["delta"].get("content") or ""
                usage = chunk.get("usage") or usage
                if text and not first:
                    first = time.perf_counter()
        assert first, "no word came"
        timing = Timing(first - began, time.perf_counter() - began)
        return Completion(timing, text, usage["prompt_tokens"], usage["completion_tokens"])

    async def count(self, text: str) -> int:
        """How many tokens a text is, without any template."""
        answer = await self.client.post("/tokenize", json={"content": text})
        return len(answer.raise_for_status().json()["tokens"])


@asynccontextmanager
async def ask_bare(url: str, key: str, reply_tokens: int) -> AsyncIterator[Bare]:
    """A client of the bare server. A connection it has closed is never used again."""
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(
        base_url=url, headers=headers, timeout=120, limits=limits, trust_env=False
    ) as client:
        yield Bare(client, reply_tokens)


class DidNotStart(RuntimeError):
    """The server ended, or took too long to be ready."""


@dataclass(frozen=True)
class Server:
    """One that is ready."""

    url: str
    pid: int


@contextmanager
def serve(environment: Mapping[str, str], arguments: Sequence[str] = ()) -> Iterator[Server]:
    """`lm-api/start` with these settings, HOST and PORT among them, and llama-server's own
    arguments on top."""
    process = subprocess.Popen(
        [ROOT / "lm-api" / "start", *arguments],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{environment['PORT']}"
        _wait(url, process)
        yield Server(url, process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while True:
        with suppress(httpx.HTTPError):
            if httpx.get(f"{url}/health", trust_env=False).status_code == 200:
                return
        if process.poll() is not None or time.monotonic() > deadline:
            raise DidNotStart("the bare model server did not come up")
        time.sleep(0.1)
