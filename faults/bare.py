"""llama.cpp asked directly, without Parley: what the same model says on the same machine.

At temperature 0 a reply that is continued is not always the one that would have come: a prompt
that is read anew is computed in other steps than one that was written word by word, and where two
words are about equally likely the other one may win. How often, this tells.
"""

from pathlib import Path
from typing import Any

import httpx
from tests.support.sse import aread_events

from faults.stack import Parley

Prompt = list[dict[str, str]]


def make_prompt(export: dict[str, Any]) -> Prompt:
    """What the model was given for the last reply of an exported chat."""
    system = {"role": "system", "content": export["chat"]["system_prompt"]}
    said = [{"role": m["role"], "content": m["content"]} for m in export["messages"][:-1]]
    return [system, *said]


async def complete(
    parley: Parley, prompt: Prompt, tokens: int, written: str = "", *, anew: bool = False
) -> list[str]:
    """The pieces of the reply after `written`; with `anew` the prompt is read from its beginning,
    as after a restart."""
    body: dict[str, Any] = {
        "messages": prompt,
        "stream": True,
        "max_tokens": tokens,
        "temperature": 0,
        "cache_prompt": not anew,
    }
    if written:
        body["messages"] = [*prompt, {"role": "assistant", "content": written}]
        body |= {"continue_final_message": True, "add_generation_prompt": False}
    async with (
        _client(parley) as client,
        client.stream("POST", "/v1/chat/completions", json=body) as answer,
    ):
        deltas = [c["delta"] async for _, data in aread_events(answer) for c in data["choices"]]
    return [delta["content"] for delta in deltas if delta.get("content")]


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
