"""The model's server without Parley: the same start script, model and flags, on its own."""

import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from faults.bare import Prompt
from local.stack import ROOT
from tests.support.program import Program
from tests.support.sse import aread_events
from tests.support.waiting import answers


@dataclass(frozen=True)
class Completion:
    """What came, and the seconds until its first word and its end."""

    first: float
    whole: float
    text: str
    tokens: int


class Bare:
    """Asks it as any program would, by the client library that the bench's person uses."""

    def __init__(self, client: httpx.AsyncClient, reply_tokens: int, model: str = "") -> None:
        self.client = client
        self.reply_tokens = reply_tokens
        self._model = model

    async def ask(self, prompt: Prompt, tokens: int = 0) -> Completion:
        """One completion, of so many tokens at most."""
        body = {
            "model": self._model,
            "messages": prompt,
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": tokens or self.reply_tokens,
            "temperature": 0,
        }
        began, first, text, wrote = time.perf_counter(), 0.0, "", 0
        async with self.client.stream("POST", "/v1/chat/completions", json=body) as answer:
            answer.raise_for_status()
            async for _, chunk in aread_events(answer):
                text += "".join(each["delta"].get("content") or "" for each in chunk["choices"])
                if text and not first:
                    first = time.perf_counter()
                wrote = (chunk.get("usage") or {}).get("completion_tokens", wrote)
        assert first, "no word came"
        return Completion(first - began, time.perf_counter() - began, text, wrote)

    async def count(self, text: str) -> int:
        """How many tokens a text is, without any template."""
        answer = await self.client.post("/tokenize", json={"content": text})
        return len(answer.raise_for_status().json()["tokens"])


@asynccontextmanager
async def ask_bare(url: str, key: str, reply_tokens: int) -> AsyncIterator[Bare]:
    """A client of the bare server. A connection it has closed is never used again."""
    async with httpx.AsyncClient(
        base_url=url,
        headers={"Authorization": f"Bearer {key}"},
        timeout=120,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        trust_env=False,
    ) as client:
        yield Bare(client, reply_tokens)


@contextmanager
def serve(
    environment: Mapping[str, str], log: Path, arguments: Sequence[str] = ()
) -> Iterator[Program]:
    """`lm-api/start` with these settings, HOST and PORT among them, and llama-server's own
    arguments on top. Raises RuntimeError if it ends before it is ready."""
    server = Program([ROOT / "lm-api" / "start", *arguments], environment, log)
    health = f"http://127.0.0.1:{environment['PORT']}/health"
    try:
        server.wait_until(lambda: answers(health), 120)
        yield server
    finally:
        server.end()
