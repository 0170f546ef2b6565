"""lm-api: llama.cpp's server. Only the fields named here are ever sent to it.

Source of the request fields: llama.cpp, tools/server/README.md.
"""

import asyncio
import contextlib
import json
import time
from base64 import b64encode
from collections.abc import AsyncGenerator, Mapping, Sequence
from hashlib import sha256
from http import HTTPStatus
from types import MappingProxyType
from typing import Any
from uuid import UUID

from app.clients.completion import (
    Event,
    ModelAway,
    ModelBroke,
    ModelDied,
    Started,
    read_events,
    read_refusal,
)
from app.clients.prompt_types import PassagePart, PicturePart, PromptMessage, PromptPart
from app.clients.queue_types import SamplingOptions
from app.clients.service import BrokenOff, NoConnection, Service, TookTooLong
from app.clients.template_marks import neutralise, neutralise_message

# A long prompt can keep a busy CPU reading for a while before the first byte of an answer.
READ_SECONDS = 120
DESCRIBE_SECONDS = 10
NAME_SECONDS = 0.5  # a page may be waiting for it
ASK_AGAIN_SECONDS = 10
PROBE_SECONDS = 0.2  # between two looks whether it is back
NO_PICTURES: Mapping[UUID, bytes] = MappingProxyType({})
USUAL = SamplingOptions()


class LanguageModel:
    """Streams completions from lm-api."""

    def __init__(self, service: Service, patience: float = READ_SECONDS) -> None:
        self._service = service
        self._patience = patience  # seconds between two events
        self._probing = asyncio.Lock()
        self._name: str | None = None
        self._ask_again = 0.0  # by the monotonic clock

    async def wait_until_up(self) -> None:
        """Until it says that it is well; one probes for all who wait."""
        async with self._probing:
            while True:
                if await self.is_up():
                    return
                await asyncio.sleep(PROBE_SECONDS)

    async def is_up(self) -> bool:
        """Whether it says that it is well."""
        try:
            answer = await self._service.ask("GET", "/health", seconds=DESCRIBE_SECONDS)
        except (NoConnection, BrokenOff):
            return False
        return answer.status == HTTPStatus.OK

    async def find_name(self) -> str | None:
        """What the model is called; None while neither a reply nor lm-api itself has told."""
        if self._name is None and time.monotonic() >= self._ask_again:
            self._ask_again = time.monotonic() + ASK_AGAIN_SECONDS
            self._name = await self.ask_name()
        return self._name

    async def ask_name(self) -> str | None:
        """What lm-api itself says now; None if it doesn't."""
        with contextlib.suppress(NoConnection, BrokenOff, ValueError, LookupError, TypeError):
            answer = await self._service.ask("GET", "/v1/models", seconds=NAME_SECONDS)
            return str(json.loads(answer.content)["data"][0]["id"])
        return None

    async def stream(
        self,
        prompt: list[PromptMessage],
        written: str,
        max_tokens: int,
        temperature: float,
        pictures: Mapping[UUID, bytes] = NO_PICTURES,
        options: SamplingOptions = USUAL,
        grammar: str | None = None,
    ) -> AsyncGenerator[Event]:
        """The reply to `prompt` as it comes, continuing `written` if that is not empty. `pictures`
        are the JPEGs in it, by document. Where `options` want it to stop, the caller does. What is
        to fit a schema or a `grammar` must not be continued: it may not fit then.

        Raises ModelAway, ModelDied, ModelBroke or ModelRefused. Closing the iterator frees the
        model's slot.
        """
        body = _request(prompt, written, max_tokens, temperature, pictures)
        body |= {"top_p": options.top_p} if options.top_p is not None else {}
        body |= {"seed": options.seed} if options.seed is not None else {}
        if options.json_schema is not None:
            body["response_format"] = _hold_to(json.loads(options.json_schema))
        body |= {"grammar": grammar} if grammar is not None else {}
        try:
            async with self._service.stream(
                "/v1/chat/completions", body, seconds=READ_SECONDS
            ) as stream:
                if stream.status != HTTPStatus.OK:
                    raise read_refusal(stream.status, await stream.read())
                events = read_events(stream)
                while True:
                    # A server whose model hangs continues to send signs of life.
                    async with asyncio.timeout(self._patience):
                        event = await anext(events, None)
                    if event is None:
                        return
                    if isinstance(event, Started):
                        self._name = event.model
                    yield event
        except NoConnection as error:
            raise ModelAway from error
        except TookTooLong as error:
            raise ModelBroke(str(error)) from error
        except BrokenOff as error:
            raise ModelDied(str(error)) from error

    async def describe(self, prompt: list[PromptMessage]) -> tuple[str, int]:
        """The prompt exactly as the model reads it, and its tokens.

        Raises ModelAway, ModelBroke or ModelRefused.
        """
        body = {"messages": [_message(message, NO_PICTURES) for message in prompt]}
        try:
            exact, count = await asyncio.gather(
                self._ask("/apply-template", body),
                self._ask("/v1/chat/completions/input_tokens", body),
            )
            return exact["prompt"], count["input_tokens"]
        except NoConnection as error:
            raise ModelAway from error
        except (BrokenOff, ValueError, KeyError) as error:
            raise ModelBroke(repr(error)) from error

    async def _ask(self, path: str, body: dict[str, Any]) -> Any:
        answer = await self._service.ask("POST", path, json=body, seconds=DESCRIBE_SECONDS)
        if answer.status != HTTPStatus.OK:
            raise read_refusal(answer.status, answer.content)
        return json.loads(answer.content)


def hash_prompt(prompt: Sequence[PromptMessage]) -> str:
    """SHA-256 of what is sent of these messages; of pictures, of their names."""
    sent = [_message(message, NO_PICTURES) for message in prompt]
    return sha256(json.dumps(sent).encode()).hexdigest()


def _request(
    prompt: list[PromptMessage],
    written: str,
    max_tokens: int,
    temperature: float,
    pictures: Mapping[UUID, bytes],
) -> dict[str, Any]:
    messages = [_message(message, pictures) for message in prompt]
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
        # Both switches together make the server continue the last message instead of answering it.
        messages.append({"role": "assistant", "content": neutralise(written)})
        body |= {"continue_final_message": True, "add_generation_prompt": False}
    return body


def _hold_to(schema: object) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema}}


def _message(message: PromptMessage, pictures: Mapping[UUID, bytes]) -> dict[str, Any]:
    """As OpenAI's API takes it. A picture goes as its bytes: the server would fetch any address."""
    message = neutralise_message(message)
    shown = [
        {
            "type": "image_url",
            "image_url": {"url": f"data:image/jpeg;base64,{b64encode(picture).decode()}"},
        }
        for document in message.pictures
        if (picture := pictures.get(document))
    ]
    text = "\n\n".join(map(_write_part, message.parts))
    if not shown:
        return {"role": message.role, "content": f"{message.salt} {text}" if message.salt else text}
    salt = [{"type": "text", "text": f"{message.salt} "}] if message.salt else []
    return {"role": message.role, "content": [*salt, *shown, {"type": "text", "text": text}]}


def _write_part(part: PromptPart) -> str:
    """Each passage is headed by where it is from, and a picture is named."""
    if isinstance(part, PicturePart):
        return f'Picture "{part.document}"'
    if not isinstance(part, PassagePart):
        return part.text
    return f'From "{part.document}", page {part.page}:\n{part.text}'
