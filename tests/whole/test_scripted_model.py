"""The scripted model of the other tests, held against llama.cpp's real server.

Everything that chat-ui reads from a stream must have the same shape in both, and chat-ui's own
client must make the same of it.
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.support.lm_server import LmServer, lm_server
from tests.support.scripted_model import ScriptedModel
from tests.support.serve import serve

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "chat-ui"))

from app.clients.language_model import (
    Cut,
    Delta,
    Event,
    LanguageModel,
    ModelRefused,
    Reading,
    Started,
    Usage,
)
from app.clients.service import Service, connect
from app.clients.types import PromptMessage

__all__ = ["lm_server"]

PROMPT = [
    PromptMessage(role="system", content="You are a helpful assistant."),
    PromptMessage(role="user", content="Count from one to five in words."),
]


@pytest.fixture(params=["real", "scripted"])
def http(request: pytest.FixtureRequest, lm_server: LmServer) -> Iterator[dict[str, Any]]:
    """How to reach each of the two."""
    if request.param == "real":
        yield {"base_url": lm_server.url, "headers": lm_server.headers}
    else:
        with serve(ScriptedModel(text="one two three").app()) as url:
            yield {"base_url": url}


def connect_by(http: dict[str, Any]) -> AbstractAsyncContextManager[Service]:
    """The way chat-ui connects, with what is given to the tests' own client."""
    secret = http.get("headers", {}).get("Authorization", "").removeprefix("Bearer ")
    return connect(http["base_url"], secret)


def collect(http: dict[str, Any], prompt: list[PromptMessage], written: str = "") -> list[Event]:
    """Every event of one completion, as chat-ui's client understands it."""

    async def stream() -> list[Event]:
        async with connect_by(http) as service:
            model = LanguageModel(service)
            return [event async for event in model.stream(prompt, written, 24, 0)]

    return asyncio.run(stream())


def text_of(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))


def test_reading_comes_first_then_words_then_the_counts(http: dict[str, Any]) -> None:
    events = collect(http, PROMPT)
    kinds = [type(event) for event in events]
    assert kinds[:2] == [Started, Reading]
    assert kinds[-1] is Usage
    assert set(kinds[kinds.index(Delta) : -1]) <= {Delta, Cut}
    last_reading = [event for event in events if isinstance(event, Reading)][-1]
    assert last_reading.read == last_reading.total
    usage = events[-1]
    assert isinstance(usage, Usage)
    assert usage.prompt_tokens == last_reading.total
    assert 0 < usage.completion_tokens <= 24


def test_a_partial_reply_is_continued_not_repeated(http: dict[str, Any]) -> None:
    events = collect(http, PROMPT)
    deltas = [event.text for event in events if isinstance(event, Delta)]
    written = "".join(deltas[: len(deltas) // 2])
    continued = collect(http, PROMPT, written)
    assert (written + text_of(continued)).startswith(text_of(events))


def test_a_prompt_that_is_too_long_is_refused_with_both_sizes(lm_server: LmServer) -> None:
    http = {"base_url": lm_server.url, "headers": lm_server.headers}
    endless = [PromptMessage(role="user", content="word " * 20_000)]
    with pytest.raises(ModelRefused) as refusal:
        collect(http, endless)
    assert refusal.value.kind == "prompt-too-long"
    assert refusal.value.size
    assert refusal.value.limit
    assert refusal.value.size > refusal.value.limit


def test_the_prompt_is_told_as_it_is_read_with_its_tokens(http: dict[str, Any]) -> None:
    async def describe() -> tuple[str, int]:
        async with connect_by(http) as service:
            return await LanguageModel(service).describe(PROMPT)

    exact, tokens = asyncio.run(describe())
    assert all(message.content in exact for message in PROMPT)
    assert 0 < tokens < len(exact)
