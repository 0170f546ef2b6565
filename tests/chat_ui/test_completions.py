"""`/v1/chat/completions` as a program sees it: the same queue, stored, then sent."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from app import turns

from tests.chat_ui.conftest import UNFINISHED
from tests.chat_ui.programs import HI, PATH, answer
from tests.chat_ui.support import (
    DbApiServer,
    ScriptedModel,
    StartBriefly,
    new_browser,
    send,
    wait_until,
)


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
    said = {"role": "assistant", "content": model.text}
    assert choice["message"] == {**said, "refusal": None, "annotations": []}
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
    wait_until(lambda: db_api.sql(UNFINISHED) == 0)


def test_a_queued_one_whose_program_leaves_is_paused(
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
    wait_until(lambda: db_api.sql(UNFINISHED) == 0)


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
