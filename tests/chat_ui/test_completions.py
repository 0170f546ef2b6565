"""`/v1/chat/completions` as a program sees it: the same queue, stored, then sent."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from app import turns
from app.api.errors import write_error
from app.errors import LimitReached, QueueFull

from tests.chat_ui.programs import bearer, make_token, refused
from tests.chat_ui.support import (
    DbApiServer,
    ScriptedModel,
    StartBriefly,
    new_browser,
    send,
    wait_until,
)

PATH = "/v1/chat/completions"
HI: list[Any] = [{"role": "user", "content": "Hi"}]


@pytest.fixture
def program(url: str, browser: httpx.Client, chat: str) -> Iterator[httpx.Client]:
    """Has a token of Ann's, and no cookie."""
    with new_browser(url) as client:
        client.headers.update(bearer(make_token(browser)))
        yield client


def ask(program: httpx.Client, messages: list[Any] = HI, **fields: Any) -> httpx.Response:
    return program.post(PATH, json={"model": "scripted", "messages": messages, **fields})


def answer(program: httpx.Client, messages: list[Any] = HI, **fields: Any) -> Any:
    response = ask(program, messages, **fields)
    assert response.status_code == 200, response.text
    return response.json()


def read_stream(lines: Iterator[str]) -> list[Any]:
    """The data of each event, up to the last one."""
    data = [line.removeprefix("data: ") for line in lines if line]
    assert data[-1] == "[DONE]"
    return [json.loads(each) for each in data[:-1]]


def stream(program: httpx.Client, messages: list[Any] = HI, **fields: Any) -> list[Any]:
    body = {"model": "scripted", "messages": messages, "stream": True, **fields}
    with program.stream("POST", PATH, json=body) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        return read_stream(response.iter_lines())


def text_of(chunks: list[Any]) -> str:
    return "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)


def test_a_reply_in_one_piece(program: httpx.Client, model: ScriptedModel) -> None:
    history = [
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": [{"type": "text", "text": "Be kind."}]},
        {"role": "user", "content": "One?"},
        {"role": "assistant", "content": "Two."},
        *HI,
    ]
    told = answer(program, history)
    (choice,) = told["choices"]
    assert choice["message"] == {"role": "assistant", "content": model.text, "refusal": None}
    assert (choice["finish_reason"], told["object"]) == ("stop", "chat.completion")
    assert told["id"].startswith("chatcmpl-")
    assert told["usage"] == {"prompt_tokens": 20, "completion_tokens": 3, "total_tokens": 23}
    (asked,) = model.requests
    assert [(m["role"], m["content"]) for m in asked["messages"]] == [
        ("system", "Be brief.\n\nBe kind."),
        ("user", "One?"),
        ("assistant", "Two."),
        ("user", "Hi"),
    ]


def test_words_come_as_they_are_stored(program: httpx.Client, model: ScriptedModel) -> None:
    model.text, model.hold_after = "one two three", 2
    body = {"model": "scripted", "messages": HI, "stream": True}
    with program.stream("POST", PATH, json=body) as response:
        lines, text = response.iter_lines(), ""
        while text != "one two":
            line = next(lines)
            if line:
                chunk = json.loads(line.removeprefix("data: "))
                assert chunk["object"] == "chat.completion.chunk"
                text += chunk["choices"][0]["delta"].get("content", "")
        model.go.set()
        rest = read_stream(lines)
    assert text + text_of(rest) == model.text
    assert [chunk["choices"][0]["finish_reason"] for chunk in rest][-1] == "stop"


@pytest.mark.parametrize("wanted", [True, False])
def test_the_usage_comes_last_and_only_if_it_is_asked_for(
    program: httpx.Client, wanted: bool
) -> None:
    options: dict[str, Any] = {"stream_options": {"include_usage": True}} if wanted else {}
    chunks = stream(program, **options)
    assert all(("usage" in chunk) == wanted for chunk in chunks)
    assert (chunks[-1]["choices"] == []) == wanted
    if wanted:
        assert [chunk["usage"] for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
        assert chunks[-1]["usage"]["completion_tokens"] == 3


def test_the_model_is_asked_as_the_program_wants(
    program: httpx.Client, model: ScriptedModel
) -> None:
    answer(program, temperature=0, top_p=0.5, seed=7, max_tokens=9)
    answer(program)
    first, second = model.requests
    assert (first["temperature"], first["top_p"], first["seed"], first["max_tokens"]) == (
        *(0, 0.5, 7),
        9,
    )
    assert (second["temperature"], second["max_tokens"]) == (0.7, 512)
    assert not {"top_p", "seed"} & second.keys()


def test_a_reply_ends_at_its_stop_or_its_length(
    program: httpx.Client, model: ScriptedModel
) -> None:
    model.text = "one two three four"
    (stopped,) = answer(program, stop=["wo th", "four"])["choices"]
    assert (stopped["message"]["content"], stopped["finish_reason"]) == ("one t", "stop")
    (cut,) = answer(program, max_completion_tokens=2)["choices"]
    assert (cut["message"]["content"], cut["finish_reason"]) == ("one two", "length")
    assert text_of(stream(program, stop="three")) == "one two "


def test_a_model_that_dies_is_continued_and_a_stop_is_found_across_the_join(
    program: httpx.Client, model: ScriptedModel
) -> None:
    model.text, model.break_after = "one two three four", 3
    (choice,) = answer(program, stop="two three f")["choices"]
    assert choice["message"]["content"] == "one "
    assert len(model.requests) == 2


def test_it_is_in_no_list_of_the_person_s(
    browser: httpx.Client, chat: str, program: httpx.Client
) -> None:
    answer(program, [{"role": "user", "content": "secretword"}])
    assert "secretword" not in browser.get("/").text
    assert "secretword" not in browser.get("/search", params={"q": "word"}).text
    assert "secretword" not in browser.get("/export.json").text


@pytest.mark.parametrize("streams", [True, False])
@pytest.mark.parametrize("words", [0, 1])
def test_a_cut_connection_frees_the_slot(
    program: httpx.Client,
    model: ScriptedModel,
    db_api: DbApiServer,
    streams: bool,
    words: int,
) -> None:
    model.hold_after = words
    body = {"model": "scripted", "messages": HI, "stream": streams}
    with pytest.raises(httpx.ReadTimeout):
        program.post(PATH, json=body, timeout=1.5)  # a stream is read, too
    wait_until(lambda: model.running == 0)
    unfinished = "SELECT count(*) FROM replies WHERE state IN ('queued', 'running')"
    wait_until(lambda: db_api.sql(unfinished) == 0)


def test_a_queued_one_whose_program_leaves_is_stopped(
    browser: httpx.Client,
    chat: str,
    program: httpx.Client,
    model: ScriptedModel,
    db_api: DbApiServer,
    serve_chat_ui: StartBriefly,
) -> None:
    with serve_chat_ui(db_api_url=db_api.url, runner="off") as url, new_browser(url) as there:
        there.headers["Authorization"] = program.headers["authorization"]
        model.hold_after, body = 0, {"model": "scripted", "messages": HI}
        with pytest.raises(httpx.ReadTimeout):
            there.post(PATH, json=body, timeout=1.5)
    wait_until(lambda: model.running == 0)
    unfinished = "SELECT count(*) FROM replies WHERE state IN ('queued', 'running')"
    wait_until(lambda: db_api.sql(unfinished) == 0)


def test_a_program_and_a_person_wait_in_one_queue(
    browser: httpx.Client, chat: str, program: httpx.Client, model: ScriptedModel
) -> None:
    model.hold_after = 0
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(answer, program)
        send(browser, chat, "Me, too")
        wait_until(lambda: model.running == 2)
        model.go.set()
        assert waiting.result()["choices"][0]["message"]["content"] == model.text


def test_pages_don_t_wait_for_programs_that_wait_for_replies(
    browser: httpx.Client,
    chat: str,
    program: httpx.Client,
    model: ScriptedModel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "LONGEST_S", 600)
    model.hold_after = 0
    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(answer, program) for _ in range(turns.OF_NETWORK)]
        wait_until(lambda: model.running == turns.OF_NETWORK)
        assert browser.get(chat).status_code == 200
        model.go.set()
        assert all(each.result() for each in waiting)


def test_a_token_that_is_revoked_ends_its_stream_within_seconds(
    browser: httpx.Client,
    chat: str,
    program: httpx.Client,
    model: ScriptedModel,
    db_api: DbApiServer,
) -> None:
    model.hold_after = 1
    body = {"model": "scripted", "messages": HI, "stream": True}
    with program.stream("POST", PATH, json=body) as response:
        lines = response.iter_lines()
        next(lines)
        db_api.sql("UPDATE tokens SET revoked_at = now()")
        last = [line for line in lines if line][-1]
    assert json.loads(last.removeprefix("data: "))["error"]["code"] == "invalid_api_key"
    wait_until(lambda: model.running == 0)


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
    ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role"),
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
    ({"tools": [{"type": "function"}] * 1000}, "tools"),
    ({"response_format": {"type": "json_object"}}, "response_format"),
    ({"frequency_penalty": 0.5}, "frequency_penalty"),
    ({"store": False}, "store"),
    ({"made_up": 1}, "made_up"),
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
