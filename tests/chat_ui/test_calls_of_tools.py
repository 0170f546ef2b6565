"""Tools that the model calls: each call is stored, run once at most, and in the next prompt."""

import asyncio
import json
from typing import Any
from unittest.mock import AsyncMock

import pytest
from app.clients.queue_types import SamplingOptions
from app.clients.types import ToolCall
from app.errors import LeaseLost, Unavailable
from app.toolbox import Tool, find_tools, toolbox
from app.toolbox.calling import (
    INTERRUPTED,
    LONGEST,
    MOST_CALLS,
    MOST_RESULT,
    UNREADABLE,
    read_call,
)
from app.toolbox.tool import ToolFailed

from tests.chat_ui.runners import Bench, bench, db_api, patience, until
from tests.chat_ui.support import DbApiServer, ScriptedModel

__all__ = ["bench", "db_api", "patience"]

pytestmark = pytest.mark.anyio

ARGUMENTS = '{"text": "6*7"}'
CALL = f'{{"tool": "it", "arguments": {ARGUMENTS}}}'
DONE = ToolCall(tool="it", arguments=ARGUMENTS, result="42")


@pytest.fixture(autouse=True)
def run(monkeypatch: pytest.MonkeyPatch) -> AsyncMock:
    """The only tool."""
    ran = AsyncMock(return_value="42")
    monkeypatch.setattr("tests.chat_ui.runners.find_tools", lambda: {"it": Tool("it", "It.", ran)})
    return ran


def begin(bench: Bench, *steps: str, calls: tuple[ToolCall, ...] = (), **changes: Any) -> None:
    reply = bench.claim.reply.model_copy(update={"calls": list(calls)})
    changes = {"tools": True, "reply": reply, **changes}
    bench.claim = bench.claim.model_copy(update=changes)
    bench.begin(*steps)


async def hang(*_: object) -> str:
    await asyncio.sleep(600)
    return ""


def contents(request: dict[str, Any]) -> list[str]:
    return [message["content"] for message in request["messages"]]


async def test_a_call_is_run_and_the_model_answers_with_its_result(
    bench: Bench, model: ScriptedModel, run: AsyncMock
) -> None:
    model.texts = [CALL, "It is 42."]
    begin(bench)
    ended = await bench.ended()
    assert (ended.content, ended.reply.calls) == ("It is 42.", [DONE])
    assert run.call_args.args[0] == "6*7"
    asked, told = model.requests
    assert '{"tool": "it", "arguments": {"text": "…"}}' in contents(asked)[0]
    assert contents(told) == [*contents(asked), CALL, "Result of it:\n42"]
    assert asked["grammar"] == told["grammar"]
    assert "call" in asked["grammar"]
    assert ended.reply.completion_tokens == 3, "of its words alone"


async def test_without_the_switch_and_for_programs_there_are_none(
    bench: Bench, model: ScriptedModel, run: AsyncMock
) -> None:
    model.text = CALL
    begin(bench, sampling=SamplingOptions())
    assert (await bench.ended()).content == CALL
    assert "grammar" not in model.requests[0]
    assert not run.called


async def test_after_four_calls_it_must_answer(
    bench: Bench, model: ScriptedModel, run: AsyncMock
) -> None:
    model.text = CALL
    begin(bench)
    ended = await bench.ended()
    assert (ended.content, len(ended.reply.calls), run.call_count) == (CALL, MOST_CALLS, MOST_CALLS)
    *calling, last = [request["grammar"] for request in model.requests]
    assert len(calling) == MOST_CALLS
    assert all("call ::=" in grammar for grammar in calling)
    assert "call" not in last


@pytest.mark.parametrize(
    "written",
    [
        '{"tool": "other", "arguments": {"text": ""}}',
        '{"tool": "it", "arguments": {"text": 1}}',
        '{"tool": "it", "arguments": {"words": "x"}}',
        '{"tool": "it", "arguments": {"text": "x", "and": "y"}}',
        '{"tool": "it", "arguments": "x"}',
        '{"tool": ["it"], "arguments": {"text": ""}}',
        '{"tool": "it", "arg',
        '{"tool": "it", "arguments": {"text": "\\ud800"}}',
        "{" * 5000,
        "[{",
    ],
)
def test_what_is_no_call_is_kept_as_it_is(written: str, run: AsyncMock) -> None:
    wanted = read_call(written, [Tool("it", "It.", run)])
    assert (wanted.tool, wanted.arguments) == ("", written[:LONGEST])


async def test_the_model_hears_that_a_call_was_unreadable(
    bench: Bench, model: ScriptedModel, run: AsyncMock
) -> None:
    model.texts = ['{"tool": "rm", "arguments": {}}', "Sorry."]
    begin(bench)
    ended = await bench.ended()
    (call,) = ended.reply.calls
    assert (call.tool, call.result, call.failed) == ("", UNREADABLE, True)
    assert contents(model.requests[1])[-2:] == [call.arguments, UNREADABLE]
    assert not run.called


@pytest.mark.parametrize(
    ("fails", "said"),
    [
        (ValueError("secret"), toolbox.FAILED),
        (ToolFailed("Too slow."), "Too slow."),
        (Unavailable(), toolbox.AWAY),
    ],
)
async def test_a_tool_that_fails_gives_a_result_that_says_so(
    bench: Bench, model: ScriptedModel, run: AsyncMock, fails: Exception, said: str
) -> None:
    model.texts, run.side_effect = [CALL, "Sorry."], fails
    begin(bench)
    ended = await bench.ended()
    (call,) = ended.reply.calls
    assert (call.result, call.failed, ended.content) == (said, True, "Sorry.")


async def test_a_slow_or_wordy_tool_is_bounded(
    bench: Bench, model: ScriptedModel, run: AsyncMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toolbox, "MOST_SECONDS", 0.05)
    model.texts = [CALL, CALL, "So."]
    run.side_effect = hang
    begin(bench)
    await until(lambda: len(model.requests) >= 2)
    run.side_effect, run.return_value = None, "a" * 100_000
    ended = await bench.ended()
    slow, *wordy = ended.reply.calls
    assert (slow.result, slow.failed) == (toolbox.TOOK_TOO_LONG, True)
    assert all(len(call.result or "") <= MOST_RESULT for call in wordy)


async def test_a_call_that_was_interrupted_is_never_run_again(
    bench: Bench, model: ScriptedModel, run: AsyncMock
) -> None:
    await bench.replies.begin_call(bench.claim.reply.id, 1, "it", ARGUMENTS)
    begin(bench, calls=(DONE.model_copy(update={"result": None}),))
    ended = await bench.ended()
    assert ended.reply.calls == [DONE.model_copy(update={"result": INTERRUPTED, "failed": True})]
    assert ended.content == model.text
    assert contents(model.requests[0])[-1] == f"Result of it:\n{INTERRUPTED}"
    assert not run.called


async def test_one_that_has_ended_is_read_and_not_run(
    bench: Bench, model: ScriptedModel, run: AsyncMock, db_api: DbApiServer
) -> None:
    """Also where the chat's switch was turned off meanwhile."""
    begin(bench, calls=(DONE,), tools=False)
    await bench.ended()
    assert contents(model.requests[0])[-2:] == [CALL, "Result of it:\n42"]
    assert not run.called


async def test_an_answer_that_was_begun_is_continued(
    bench: Bench, model: ScriptedModel, run: AsyncMock, db_api: DbApiServer
) -> None:
    model.text = "It is 42."
    db_api.sql("UPDATE replies SET text = 'It is' WHERE finished_at IS NULL")
    begin(bench, "It is", calls=(DONE,))
    assert (await bench.ended()).content == "It is 42."
    (request,) = model.requests
    assert contents(request)[-3:] == [CALL, "Result of it:\n42", "It is"]
    assert request["continue_final_message"]
    assert "grammar" not in request
    assert not run.called


async def test_a_db_api_that_is_away_makes_no_tool_run_twice(
    bench: Bench, model: ScriptedModel, run: AsyncMock
) -> None:
    model.texts = [CALL, "It is 42."]
    bench.replies.faults = {"begin_call": [Unavailable()], "end_call": [Unavailable()]}
    begin(bench)
    assert (await bench.ended()).reply.calls == [DONE]
    assert run.call_count == 1


async def test_a_call_that_is_another_s_is_not_run(
    bench: Bench, model: ScriptedModel, run: AsyncMock, db_api: DbApiServer
) -> None:
    """Nor is the reply ended: whoever holds it does that."""
    model.texts = [CALL]
    bench.replies.faults = {"begin_call": [LeaseLost()]}
    begin(bench)
    await until(lambda: not bench.runner._active)
    assert not run.called
    assert "finish" not in bench.replies.calls
    db_api.sql("DELETE FROM replies WHERE finished_at IS NULL")


async def test_it_is_shown_before_it_is_run_and_can_be_stopped(
    bench: Bench, model: ScriptedModel, run: AsyncMock
) -> None:
    model.texts, run.side_effect = [CALL], hang
    begin(bench)

    def shown() -> list[ToolCall]:
        told = bench.publisher.publish.call_args_list
        return [call for one in told for call in one.args[1].reply.calls]

    await until(shown)
    assert shown()[0] == DONE.model_copy(update={"result": None})
    await until(lambda: run.called)
    bench.runner.stop(bench.claim.reply.id)
    ended = await bench.ended()
    assert (ended.reply.state, ended.reply.calls[0].result) == ("stopped", None)


def test_arguments_have_the_name_that_the_function_gives_them() -> None:
    assert {name: tool.parameter for name, tool in find_tools().items()} == {
        "calculator": "expression",
        "date": "text",
        "search-chats": "text",
        "search-documents": "text",
    }
    written = json.dumps({"tool": "calculator", "arguments": {"expression": 'é "1"'}})
    assert read_call(written, find_tools().values()).text == 'é "1"'
