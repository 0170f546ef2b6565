"""A person at a browser with scripts, as far as it takes to time what they wait for."""

import json
import re
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

ARTICLE = re.compile(r'<article class="message assistant" id="m-([0-9a-f-]{36})" data-seq="(\d+)"')
TAG = re.compile(r"<[^>]+>")
BODY = re.compile(r'<div class="body"[^>]*>(.*?)</div>\s*<div class="foot">', re.S)


@dataclass(frozen=True)
class Timing:
    """Seconds from the press of Send to the first word, and to the end."""

    first: float
    whole: float


class Person:
    """One session. `client` keeps its cookie."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def open_chat(self) -> str:
        """A new chat; its id."""
        answer = await self.client.post("/chats", data={"username": "Ann", "new": "1"})
        assert answer.status_code == 303, answer.status_code
        return answer.headers["location"].removeprefix("/chats/")

    async def ask(self, chat: str, text: str) -> Timing:
        """Sends and watches to the end, as chat.js does: a post, then one stream of events."""
        began = time.perf_counter()
        reply, seq = await self.send(chat, text)
        first = 0.0
        async for event, data in self.watch(chat, seq - 1, reply):
            if not first and says_something(event, data, reply):
                first = time.perf_counter()
        assert first, "no word came"
        return Timing(first - began, time.perf_counter() - began)

    async def send(self, chat: str, text: str) -> tuple[str, int]:
        """Presses Send; the reply's id and number."""
        answer = await self.client.post(
            f"/generate/{chat}",
            data={"prompt": text, "client_key": uuid.uuid4().hex},
            headers={"HX-Request": "true"},
        )
        found = ARTICLE.search(answer.text)
        assert answer.status_code == 200, answer.status_code
        assert found, answer.text
        return found[1], int(found[2])

    async def stop(self, chat: str, reply: str) -> None:
        """Presses Stop."""
        await self.client.post(f"/chats/{chat}/replies/{reply}/stop")

    async def watch(
        self, chat: str, since: int, last: str
    ) -> AsyncGenerator[tuple[str, dict[str, Any]], None]:
        """The chat's events up to its end."""
        params = {"since": str(since), "last": last}
        async with self.client.stream("GET", f"/chats/{chat}/events", params=params) as stream:
            assert stream.status_code == 200, stream.status_code
            name = ""
            async for line in stream.aiter_lines():
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    yield name, json.loads(line.removeprefix("data: "))

    async def read_export(self, chat: str) -> dict[str, Any]:
        """The chat as it can be taken home."""
        answer = await self.client.get(f"/chats/{chat}/export.json")
        export: dict[str, Any] = answer.raise_for_status().json()
        return export


def says_something(event: str, data: dict[str, Any], reply: str) -> bool:
    """Whether an event brings words of this reply."""
    if data.get("id") != reply:
        return False
    if event == "text":
        return bool(TAG.sub("", data["closed"] + data["open"]).strip())
    body = BODY.search(data["html"]) if event == "message" else None
    return bool(body and TAG.sub("", body[1]).strip())


@asynccontextmanager
async def visit(url: str) -> AsyncIterator[Person]:
    """Somebody who has just come."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(
        base_url=url, timeout=120, limits=limits, trust_env=False
    ) as client:
        yield Person(client)
