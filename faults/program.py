"""A program that asks for answers by the API, as OpenAI's SDKs do: what breaks off is sent again
with their mark."""

import asyncio
import contextlib
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import httpx

from faults.browser import LATER, PATIENCE, Browser, UnexpectedAnswer

PATH = "/v1/chat/completions"
TOKEN = re.compile(r"<code>([\w-]+\.[\w-]+\.[\w-]+)</code>")
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 2.0  # seconds before an SDK tries again
DONE = "[DONE]"
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass
class Answer:
    """What became of a question: its text, or the arguments of its call, and what was seen of it by
    each attempt that broke."""

    question: str
    text: str = ""
    seen: list[str] = field(default_factory=list)
    broken: float = 0.0  # when it last broke, in seconds since 1970


class Program:
    """One with a token of this person's."""

    def __init__(
        self, client: httpx.AsyncClient, token: str, model: str, last_fault: Callable[[], float]
    ) -> None:
        self._client, self.token, self.model = client, token, model
        self._last_fault = last_fault  # by the monotonic clock
        self.answer = Answer("")  # the one that it waits for

    @classmethod
    async def begin(cls, person: Browser, url: str) -> "Program":
        """That calls at this address."""
        form = {"name": "Program", "scopes": "chat"}
        page = await person.post("/settings/tokens", form)
        token = TOKEN.findall(page.text)[0]
        headers = {"Authorization": f"Bearer {token}"}
        client = httpx.AsyncClient(base_url=url, headers=headers, timeout=60, trust_env=False)
        models = (await client.get("/v1/models")).json()
        return cls(client, token, models["data"][0]["id"], person.last_fault)

    async def close(self) -> None:
        """Closes its connections."""
        await self._client.aclose()

    async def ask(
        self, question: str, *, streams: bool, more: Mapping[str, Any] = NOTHING
    ) -> Answer:
        """The whole answer, however often it takes; UnexpectedAnswer after a minute, or for what no
        SDK would try again. `more` are parameters."""
        answer = self.answer = Answer(question)
        message = {"role": "user", "content": question}
        body = {"model": self.model, "messages": [message], "stream": streams, **more}
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            mark = {"x-stainless-retry-count": str(len(answer.seen))}
            answer.text = ""
            with contextlib.suppress(httpx.HTTPError):
                async with self._client.stream("POST", PATH, json=body, headers=mark) as response:
                    if await self._read(response, answer, streams=streams):
                        return answer
            answer.seen.append(answer.text)
            answer.broken = time.time() - (time.monotonic() - self._last_fault())
            await asyncio.sleep(min(FIRST_PAUSE * len(answer.seen), LONGEST_PAUSE))
        raise UnexpectedAnswer(f"{PATH} still failed after {PATIENCE:.0f} s")

    async def _read(self, response: httpx.Response, answer: Answer, *, streams: bool) -> bool:
        """Whether that was all of it."""
        if response.status_code != 200:
            if response.status_code not in LATER:
                raise UnexpectedAnswer(f"{PATH} answered {response.status_code}")
            return False
        if not streams:
            told = json.loads(await response.aread())
            answer.text = _read_text(told["choices"][0]["message"])
            return True
        async for line in response.aiter_lines():
            data = line.removeprefix("data: ")
            if data == DONE:
                return True
            if not data or data.startswith(":"):
                continue
            for choice in json.loads(data).get("choices", ()):
                answer.text += _read_text(choice["delta"])
        return False  # an error, or its end is missing


def _read_text(message: Mapping[str, Any]) -> str:
    calls = message.get("tool_calls") or ()
    return (message.get("content") or "") + "".join(c["function"]["arguments"] for c in calls)
