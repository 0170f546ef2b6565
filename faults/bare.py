"""llama.cpp asked directly, without Parley: what the same model says on the same machine.

At temperature 0 a reply that is continued is not always the one that would have come: a prompt
that is read again is computed in other steps than one that was written word by word, and where two
words are about equally likely the other one may win. How often, this tells.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
from tests.support.sse import aread_events

from faults.stack import Parley

PATH = "/v1/chat/completions"
Prompt = list[dict[str, str]]
Words = dict[str, float]


def make_prompt(export: dict[str, Any], reply: str = "", salt: str = "") -> Prompt:
    """What the model was given for this reply of an exported chat, or the last one. `salt` is that
    of the session, if there is one."""
    ids = [message["id"] for message in export["messages"]]
    end = ids.index(reply) if reply else -1
    begins = f"{salt} " if salt else ""
    system = {"role": "system", "content": begins + export["chat"]["system_prompt"]}
    said = [{"role": m["role"], "content": m["content"]} for m in export["messages"][:end]]
    return [system, *said]


async def complete(
    parley: Parley, prompt: Prompt, tokens: int, written: str = "", *, uncached: bool = False
) -> list[str]:
    """The pieces of the reply after `written`; with `uncached` the prompt is read from its
    beginning, as after a restart."""
    body = _make_request(prompt, tokens, written) | {"cache_prompt": not uncached}
    async with _client(parley) as client, client.stream("POST", PATH, json=body) as answer:
        return [piece async for piece in _read_pieces(answer)]


async def wait_for_words(parley: Parley, asked: Mapping[str, tuple[Prompt, str]]) -> Words:
    """When each reply that is asked for, by its prompt and what is written of it, was continued, by
    this process's clock. All are asked for at once, as often as it takes, and written on until the
    last one has a word."""
    words: Words = {}
    writing = {
        reply: asyncio.create_task(_write(parley, reply, *texts, words))
        for reply, texts in asked.items()
    }
    while any(reply not in words and not task.done() for reply, task in writing.items()):
        await asyncio.sleep(0.01)
    for task in writing.values():
        task.cancel()
    await asyncio.gather(*writing.values(), return_exceptions=True)
    return words


async def _write(parley: Parley, reply: str, prompt: Prompt, written: str, words: Words) -> None:
    async with _client(parley) as client:
        while True:
            body = _make_request(prompt, 100, written)
            with contextlib.suppress(httpx.HTTPError):
                async with client.stream("POST", PATH, json=body) as answer:
                    if answer.status_code == 200:
                        async for _ in _read_pieces(answer):
                            words.setdefault(reply, time.monotonic())
                        return
                    if answer.status_code == 400:  # too long: chat-ui asks for a shorter one, too
                        prompt = [prompt[0], *prompt[len(prompt) // 2 + 1 :]]
            await asyncio.sleep(0.05)


def _make_request(prompt: Prompt, tokens: int, written: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "messages": prompt,
        "stream": True,
        "max_tokens": tokens,
        "temperature": 0,
    }
    if written:
        body["messages"] = [*prompt, {"role": "assistant", "content": written}]
        body |= {"continue_final_message": True, "add_generation_prompt": False}
    return body


async def _read_pieces(answer: httpx.Response) -> AsyncIterator[str]:
    async for _, data in aread_events(answer):
        for choice in data["choices"]:
            if piece := choice["delta"].get("content"):
                yield piece


async def measure(parley: Parley) -> dict[str, float]:
    """lm-api's own counters and gauges, by name."""
    async with _client(parley) as client:
        answer = await client.get("/metrics")
    lines = [line.split() for line in answer.text.splitlines() if not line.startswith("#")]
    return {words[0].removeprefix("llamacpp:"): float(words[1]) for words in lines if words}


def _client(parley: Parley) -> httpx.AsyncClient:
    settings = parley.local.environment("lm-api")
    key = Path(settings["LM_API_KEY_FILE"]).read_text().strip()
    return httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{settings['PORT']}",
        headers={"Authorization": f"Bearer {key}"},
        timeout=60,
        trust_env=False,
    )
