"""The grammar of calls, as llama.cpp's real server holds a small model to it."""

import asyncio
import sys

import pytest

from local.stack import ROOT
from tests.support.lm_server import KEY, LmServer, lm_server

sys.path.insert(0, str(ROOT / "chat-ui"))

from app.clients.completion import Delta
from app.clients.language_model import LanguageModel
from app.clients.prompt_types import PromptMessage, TextPart
from app.clients.service import connect
from app.clients.types import ToolCall
from app.toolbox import find_tools
from app.toolbox.calling import add_tools, is_call, read_call, write_grammar

__all__ = ["lm_server"]

TOOLS = list(find_tools().values())
ASKED = "Write JSON with a name."  # with this the small model calls one
PROMPT = [
    PromptMessage(role="system", parts=[TextPart(text="You are a helpful assistant.")]),
    PromptMessage(role="user", parts=[TextPart(text=ASKED)]),
]


def write(server: LmServer, *, may_call: bool, temperature: float, calls: list[ToolCall]) -> str:
    async def ask() -> str:
        async with connect(server.url, KEY, keep=False) as service:
            grammar = write_grammar(TOOLS, may_call=may_call)
            prompt = add_tools(PROMPT, TOOLS, calls)
            events = LanguageModel(service).stream(prompt, "", 600, temperature, grammar=grammar)
            return "".join([event.text async for event in events if isinstance(event, Delta)])

    return asyncio.run(ask())


@pytest.mark.parametrize("temperature", [0, 1.5, 2])
def test_what_begins_as_a_call_is_one_however_wild_the_model(
    lm_server: LmServer, temperature: float
) -> None:
    written = [write(lm_server, may_call=True, temperature=temperature, calls=[]) for _ in range(8)]
    calls = [text for text in written if is_call(text)]
    assert all(read_call(text, TOOLS).tool for text in calls)
    assert all(text[0].strip() for text in written)
    if temperature == 0:
        assert calls, "the small model does call"


def test_after_the_last_call_it_can_only_answer(lm_server: LmServer) -> None:
    done = ToolCall(tool="date", arguments='{"text": ""}', result="**Monday**")
    for temperature in (0, 1, 2):
        written = write(lm_server, may_call=False, temperature=temperature, calls=[done] * 4)
        assert written
        assert not is_call(written)
