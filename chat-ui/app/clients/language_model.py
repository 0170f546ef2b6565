"""lm-api: llama.cpp's server. Only the fields named here are ever sent to it.

Source of the request fields and of the error shapes: llama.cpp, tools/server/README.md.
"""

import asyncio
import json
import logging
import re
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp

from app.clients.service import Service
from app.clients.types import PromptMessage

log = logging.getLogger(__name__)

# A long prompt can keep a busy CPU reading for a while before the first byte of an answer.
READ_SECONDS = 120

# Why a model may refuse, where shortening the prompt could help.
TOO_LONG = "prompt-too-long"

# What PostgreSQL or UTF-8 can't hold; a model may write anything.
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True)
class Started:
    """The first sign of life, with the name of the model that answers."""

    model: str


@dataclass(frozen=True)
class Delta:
    """The next piece of the reply, exactly as the model's tokens fell."""

    text: str


@dataclass(frozen=True)
class Reading:
    """How many of the prompt's tokens have been read."""

    read: int
    total: int


@dataclass(frozen=True)
class Usage:
    """The token counts of a whole completion; the stream's last word."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True)
class Cut:
    """The reply reached its longest allowed length and ends in the middle."""


Event = Started | Reading | Delta | Cut | Usage


class ModelAway(Exception):
    """lm-api is out of reach or still loading: wait and ask again."""


class ModelBroke(Exception):
    """The stream broke off or made no sense: go on from what was written."""


class ModelRefused(Exception):
    """lm-api won't take this prompt; asking again would not help."""

    def __init__(self, kind: str, size: int | None = None, limit: int | None = None) -> None:
        super().__init__(kind)
        self.kind, self.size, self.limit = kind, size, limit


class LanguageModel:
    """Streams completions from lm-api."""

    def __init__(self, service: Service, patience: float = READ_SECONDS) -> None:
        self._service = service
        self._patience = patience  # seconds between two events

    async def stream(
        self, prompt: list[PromptMessage], written: str, max_tokens: int, temperature: float
    ) -> AsyncGenerator[Event]:
        """The reply to `prompt` as it comes, going on from `written` if that is not empty.

        Raises ModelAway, ModelBroke or ModelRefused. Closing the iterator frees the model's slot.
        """
        body = _request(prompt, written, max_tokens, temperature)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=READ_SECONDS)
        try:
            async with self._service.ask(
                "POST", "/v1/chat/completions", timeout, json=body
            ) as response:
                await _check(response)
                events = _events(response)
                while True:
                    # A server whose model hangs goes on sending signs of life.
                    async with asyncio.timeout(self._patience):
                        event = await anext(events, None)
                    if event is None:
                        return
                    yield event
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise ModelAway from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ModelBroke(repr(error)) from error

    async def describe(self, prompt: list[PromptMessage]) -> tuple[str, int]:
        """The prompt exactly as the model reads it, and its tokens.

        Raises ModelAway, ModelBroke or ModelRefused.
        """
        body = {"messages": [message.model_dump(include={"role", "content"}) for message in prompt]}
        try:
            exact, count = await asyncio.gather(
                self._ask("/apply-template", body),
                self._ask("/v1/chat/completions/input_tokens", body),
            )
            return exact["prompt"], count["input_tokens"]
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise ModelAway from error
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError) as error:
            raise ModelBroke(repr(error)) from error

    async def _ask(self, path: str, body: dict[str, Any]) -> Any:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=5)
        async with self._service.ask("POST", path, timeout, json=body) as response:
            await _check(response)
            return await response.json()


def _request(
    prompt: list[PromptMessage], written: str, max_tokens: int, temperature: float
) -> dict[str, Any]:
    messages = [message.model_dump() for message in prompt]
    body: dict[str, Any] = {
        "messages": messages,
        "stream": True,
        "stream_options": {"include_usage": True},
        "return_progress": True,
        "cache_prompt": True,
        "max_tokens": max_tokens,
        "temperature": temperature,
    }
    if written:
        # Both switches together make the server go on with the last message instead of
        # answering it.
        messages.append({"role": "assistant", "content": written})
        body |= {"continue_final_message": True, "add_generation_prompt": False}
    return body


async def _events(response: aiohttp.ClientResponse) -> AsyncGenerator[Event]:
    started = False
    async for line in _lines(response):
        if not line.startswith("data:"):
            continue
        data = line.removeprefix("data:").strip()
        if data == "[DONE]":
            return
        try:
            chunk = json.loads(data)
            if not started and "error" not in chunk:
                started = True
                yield Started(str(chunk.get("model")))
            for event in _chunk_events(chunk):
                yield event
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            raise ModelBroke(f"unreadable stream: {data[:80]!r}") from error
    raise ModelBroke("the stream ended early")


async def _lines(response: aiohttp.ClientResponse) -> AsyncGenerator[str]:
    """Lines as the server ends them, however long: what a model writes has no bound here."""
    rest = b""
    async for piece in response.content.iter_any():
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line.decode(errors="replace")


def _chunk_events(chunk: dict[str, Any]) -> list[Event]:
    if "error" in chunk:
        raise ModelBroke(str(chunk["error"].get("message"))[:200])
    events: list[Event] = []
    if progress := chunk.get("prompt_progress"):
        events.append(Reading(progress["processed"], progress["total"]))
    for choice in chunk.get("choices") or ():
        if text := choice["delta"].get("content"):
            events.append(Delta(UNSTORABLE.sub("\ufffd", text)))
        if choice.get("finish_reason") == "length":
            events.append(Cut())
    if usage := chunk.get("usage"):
        events.append(Usage(usage["prompt_tokens"], usage["completion_tokens"]))
    return events


async def _check(response: aiohttp.ClientResponse) -> None:
    """Raises the exception for an answer that is not 200."""
    status = response.status
    if status == HTTPStatus.OK:
        return
    try:
        error = (await response.json())["error"]
        kind = error["type"]
    except (aiohttp.ContentTypeError, ValueError, KeyError, TypeError):
        error, kind = {}, ""
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        raise ModelAway(kind)
    if kind == "exceed_context_size_error":
        raise ModelRefused(TOO_LONG, error.get("n_prompt_tokens"), error.get("n_ctx"))
    if status in (401, 403, 404):
        log.error("lm-api answered %s: check its key and its address", status)
        raise ModelAway("misconfigured")
    if 400 <= status < 500:
        raise ModelRefused("model-refused")
    raise ModelBroke(f"status {status}")
