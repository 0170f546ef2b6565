"""What `/v1/chat/completions` refuses, and that it says why."""

import json
from typing import Any

import httpx
import pytest
from app.api.errors import write_error
from app.errors import LimitReached, QueueFull

from tests.chat_ui.programs import HI, PATH, answer, ask, refused
from tests.chat_ui.support import DbApiServer, ScriptedModel


@pytest.mark.parametrize("streams", [True, False])
def test_a_prompt_that_is_too_long_is_refused_and_not_shortened(
    program: httpx.Client, model: ScriptedModel, streams: bool
) -> None:
    model.context = 30
    long = [{"role": role, "content": "x" * 20} for role in ("user", "assistant", "user")]
    response = ask(program, long, stream=streams)
    assert refused(response, 400, "context_length_exceeded") == "messages"
    assert len(model.requests) == 1


def test_a_model_that_fails_is_said(program: httpx.Client, model: ScriptedModel) -> None:
    model.garbage = True
    refused(ask(program), 502, "model_failed")
    refused(ask(program, stream=True), 502, "model_failed")


@pytest.mark.parametrize(("seconds", "told"), [(7, "7"), (600, "120")])
def test_what_is_too_much_says_when_to_try_again_and_never_later_than_clients_wait(
    seconds: int, told: str
) -> None:
    for error in (QueueFull(retry_after=seconds), LimitReached("messages", retry_after=seconds)):
        response = write_error(error)
        assert (response.status_code, response.headers["retry-after"]) == (429, told)
        assert json.loads(bytes(response.body))["error"]["code"] == "rate_limit_exceeded"


BAD = [
    ({"model": None}, "model"),
    ({"model": 7}, "model"),
    ({"messages": None}, "messages"),
    ({"messages": []}, "messages"),
    ({"messages": "Hi"}, "messages"),
    ({"messages": ["Hi"]}, "messages.0"),
    ({"messages": [{"role": "function", "content": "x"}]}, "messages.0.role"),
    ({"messages": [*HI, {"role": "system", "content": "x"}]}, "messages.1.role"),
    ({"messages": [*HI, {"role": "assistant", "content": "x"}]}, "messages"),
    ({"messages": [{"role": "user", "content": ""}]}, "messages.0.content"),
    ({"messages": [{"role": "user", "content": "a\0b"}]}, "messages.0.content"),
    ({"messages": [{"role": "user", "content": "\ud800"}]}, "messages.0.content"),
    (
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
        "messages.0.content.0",
    ),
    ({"messages": [{"role": "user", "content": "x", "name": "Ann"}]}, "messages.0.name"),
    (
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "x", "made_up": 1}]}]},
        "messages.0.content.0.made_up",
    ),
    ({"messages": HI * 1001}, "messages"),
    ({"temperature": 2.1}, "temperature"),
    ({"temperature": "hot"}, "temperature"),
    ({"temperature": True}, "temperature"),
    ({"top_p": -0.1}, "top_p"),
    ({"seed": -1}, "seed"),
    ({"seed": 1.5}, "seed"),
    ({"n": 100}, "n"),
    ({"n": 0}, "n"),
    ({"max_tokens": -5}, "max_tokens"),
    ({"max_tokens": 100_000}, "max_tokens"),
    ({"max_tokens": 5, "max_completion_tokens": 6}, "max_tokens"),
    ({"stop": ["x"] * 5}, "stop"),
    ({"stop": [""]}, "stop"),
    ({"stop": 7}, "stop"),
    ({"stream": "yes"}, "stream"),
    ({"stream_options": {"include_usage": True}}, "stream_options"),
    ({"stream": True, "stream_options": {"other": 1}}, "stream_options.other"),
    ({"logprobs": True}, "logprobs"),
    ({"tools": [{}] * 10_000}, "tools"),
    ({"frequency_penalty": 0.5}, "frequency_penalty"),
    ({"store": False}, "store"),
    ({"made_up": 1}, "made_up"),
    ({"half a pair \ud800": 1}, "half a pair \\ud800"),
    ({"messages": [{"role": "user", "content": "x", "\ud800": 1}]}, "messages.0.\\ud800"),
]


@pytest.mark.parametrize(("fields", "param"), BAD, ids=lambda case: str(case)[:40])
def test_what_can_t_be_done_is_refused_by_name(
    program: httpx.Client, model: ScriptedModel, fields: dict[str, Any], param: str
) -> None:
    body = {"model": "scripted", "messages": HI, **fields}
    content = json.dumps(body)
    response = program.post(PATH, content=content, headers={"Content-Type": "application/json"})
    error = response.json()["error"]
    assert (response.status_code, error["param"]) == (400, param), error
    assert param.split(".")[0] in error["message"]
    assert model.requests == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", PATH),
        ("GET", "/v1/models"),
        ("POST", "/v1/responses"),
        ("GET", f"/v1/responses/resp_{'0' * 32}"),
        ("POST", "/v1/embeddings"),
        ("GET", "/api/chats"),
    ],
)
def test_what_is_asked_for_in_the_address_is_refused_by_name_too(
    program: httpx.Client, model: ScriptedModel, method: str, path: str
) -> None:
    body = {"model": "scripted", "messages": HI}
    response = program.request(method, path, params={"made_up": 1}, json=body)
    assert refused(response, 400, "unsupported_parameter") == "made_up"
    assert model.requests == []


def test_what_holds_anyway_may_be_said(program: httpx.Client) -> None:
    usual: dict[str, Any] = {
        "n": 1,
        "frequency_penalty": 0,
        "presence_penalty": 0.0,
        "logprobs": False,
        "tools": [],
        "tool_choice": "none",
        "response_format": {"type": "text"},
        "stop": None,
        "user": None,
    }
    answer(program, **usual)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b'{"model": NaN', b"null"]
)
def test_what_is_no_json_object_is_refused(program: httpx.Client, content: bytes) -> None:
    refused(program.post(PATH, content=content), 400, "invalid_json")


def test_too_many_bytes_are_not_read(program: httpx.Client) -> None:
    refused(ask(program, [{"role": "user", "content": "x" * 1_000_000}]), 413, "request_too_large")
    refused(ask(program, [{"role": "user", "content": "x" * 33_000}]), 413, "request_too_large")


def test_another_model_is_not_there(program: httpx.Client) -> None:
    response = program.post(PATH, json={"model": "gpt-5", "messages": HI})
    assert refused(response, 404, "model_not_found", "scripted") == "model"


def test_a_token_without_the_scope_may_not(
    program: httpx.Client, db_api: DbApiServer, model: ScriptedModel
) -> None:
    db_api.sql("UPDATE tokens SET scopes = '{read}'")
    refused(ask(program), 403, "missing_scope", "chat")
    assert program.get("/v1/models").status_code == 200
    assert model.requests == []
