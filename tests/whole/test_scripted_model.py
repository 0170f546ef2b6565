"""The scripted model of the other tests, held against llama.cpp's real server.

Everything that chat-ui reads from a stream must have the same shape in both, and chat-ui's own
client must make the same of it.
"""

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Literal, TypeVar

import pytest

from local.stack import ROOT
from tests.support.lm_server import KEY, LmServer, lm_server
from tests.support.scripted_model import ScriptedModel
from tests.support.serve import serve

sys.path.insert(0, str(ROOT / "chat-ui"))

from app.clients.completion import Cut, Delta, Event, ModelRefused, Reading, Started, Usage
from app.clients.language_model import LanguageModel
from app.clients.prompt_types import PromptMessage, TextPart
from app.clients.service import connect
from app.clients.slots import SlotsClient, SlotsRefused

__all__ = ["lm_server"]

Found = TypeVar("Found")


def say(role: Literal["system", "user"], text: str) -> PromptMessage:
    return PromptMessage(role=role, parts=[TextPart(text=text)])


PROMPT = [
    say("system", "You are a helpful assistant."),
    say("user", "Count from one to five in words."),
]


@pytest.fixture(params=["real", "scripted"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of each of the two."""
    scripted = serve(ScriptedModel(text="one two three").app())
    real = contextlib.nullcontext(request.getfixturevalue("lm_server").url)
    with real if request.param == "real" else scripted as address:
        yield address


def use(url: str, ask: Callable[[LanguageModel], Awaitable[Found]]) -> Found:
    """What `ask` learns by chat-ui's own client."""

    async def connected() -> Found:
        async with connect(url, KEY) as service:
            return await ask(LanguageModel(service))

    return asyncio.run(connected())


def collect(url: str, prompt: list[PromptMessage], written: str = "") -> list[Event]:
    """Every event of one completion."""

    async def stream(model: LanguageModel) -> list[Event]:
        return [event async for event in model.stream(prompt, written, 24, 0)]

    return use(url, stream)


def words_of(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Delta)]


def test_reading_comes_first_then_words_then_the_counts(url: str) -> None:
    events = collect(url, PROMPT)
    kinds = [type(event) for event in events]
    assert kinds[:2] == [Started, Reading]
    assert set(kinds[kinds.index(Delta) : -1]) <= {Delta, Cut}
    reading, usage = [e for e in events if isinstance(e, Reading)][-1], events[-1]
    assert isinstance(usage, Usage)
    assert reading.read == reading.total == usage.prompt_tokens
    assert 0 < usage.completion_tokens <= 24


def test_a_partial_reply_is_continued_not_repeated(url: str) -> None:
    words = words_of(collect(url, PROMPT))
    written = "".join(words[: len(words) // 2])
    continued = words_of(collect(url, PROMPT, written))
    assert (written + "".join(continued)).startswith("".join(words))


def test_a_prompt_that_is_too_long_is_refused_with_both_sizes(lm_server: LmServer) -> None:
    with pytest.raises(ModelRefused) as refusal:
        collect(lm_server.url, [say("user", "word " * 20_000)])
    assert refusal.value.kind == "prompt-too-long"
    assert (refusal.value.size or 0) > (refusal.value.limit or 0) > 0


def test_slots_tell_which_were_used_and_are_saved_restored_and_erased(url: str) -> None:
    collect(url, PROMPT)

    async def try_all() -> int:
        async with connect(url, KEY) as service:
            slots = SlotsClient(service)
            used = next(slot for slot in await slots.list() if slot.task is not None)
            assert not used.busy
            await slots.save(used.id, "tried")
            await slots.erase(used.id)
            await slots.restore(used.id, "tried")
            assert used in await slots.list()
            with pytest.raises(SlotsRefused):
                await slots.restore(used.id, "missing")
            return len(await slots.list())

    assert asyncio.run(try_all()) == 8


def test_the_prompt_is_told_as_it_is_read_with_its_tokens(url: str) -> None:
    exact, tokens = use(url, lambda model: model.describe(PROMPT))
    assert all(
        part.text in exact
        for message in PROMPT
        for part in message.parts
        if isinstance(part, TextPart)
    )
    assert 0 < tokens < len(exact)
