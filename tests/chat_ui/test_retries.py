"""Requests of programs that are sent again: one answer, which a cut connection only pauses."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from app.api import completions, watch

from tests.chat_ui.programs import HI, PATH, bearer, make_token, refused
from tests.chat_ui.support import (
    DbApiServer,
    ScriptedModel,
    StartBriefly,
    new_browser,
    wait_until,
)

MARK = {"x-stainless-retry-count": "1"}
DELIVERED = "SELECT request_sha256 IS NULL FROM chats"
RUNNING = "SELECT count(*) FROM replies WHERE state = 'running'"


def post(program: httpx.Client, headers: dict[str, str], **fields: Any) -> httpx.Response:
    body = {"model": "scripted", "messages": HI, **fields}
    return program.post(PATH, json=body, headers=headers)


def by_key(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


def text_of(response: httpx.Response) -> str:
    """Of a whole answer, in one piece or streamed."""
    assert response.status_code == 200, response.text
    if response.headers["content-type"] == "application/json":
        return str(response.json()["choices"][0]["message"]["content"])
    *chunks, last = read(iter(response.text.split("\n")))
    assert last == "[DONE]"
    return "".join(content(chunk) for chunk in chunks)


def read(lines: Iterator[str]) -> Iterator[str]:
    return (line.removeprefix("data: ") for line in lines if line.startswith("data: "))


def content(chunk: str) -> str:
    return str(json.loads(chunk)["choices"][0]["delta"].get("content", ""))


def cut(program: httpx.Client, words: str, headers: dict[str, str] | None = None) -> None:
    """Streams up to these words, and hangs up."""
    body, text = {"model": "scripted", "messages": HI, "stream": True}, ""
    with program.stream("POST", PATH, json=body, headers=headers) as response:
        for chunk in read(response.iter_lines()):
            text += content(chunk)
            if text == words:
                return
    raise AssertionError(text)


def give_up(program: httpx.Client, **fields: Any) -> None:
    """Waits for the end, which does not come."""
    body = {"model": "scripted", "messages": HI, **fields}
    with pytest.raises(httpx.ReadTimeout):
        program.post(PATH, json=body, timeout=1.5)


def list_answers(db_api: DbApiServer) -> set[str]:
    """Those of earlier tests may be purged at any moment."""
    return set(
        db_api.sql("SELECT array_agg(id::text) FROM chats WHERE expires_at IS NOT NULL") or ()
    )


@pytest.mark.parametrize("streams", [True, False])
def test_the_same_key_gets_the_same_answer_again(
    program: httpx.Client, model: ScriptedModel, streams: bool
) -> None:
    first = post(program, by_key("one"), stream=streams)
    model.text = "Another one."
    again = post(program, by_key("one"), stream=streams)
    assert (text_of(first), text_of(again)) == ("A scripted reply.",) * 2
    assert len(model.requests) == 1
    response = post(program, by_key("one"), stream=streams, seed=7)
    refused(response, 422, "idempotency_key_reused", "before")
    assert text_of(post(program, by_key("two"), stream=streams)) == model.text


def test_a_key_is_its_token_s(
    program: httpx.Client, browser: httpx.Client, model: ScriptedModel
) -> None:
    text_of(post(program, by_key("mine")))
    with new_browser(str(program.base_url)) as other:
        other.headers.update(bearer(make_token(browser, "Another")))
        text_of(post(other, by_key("mine"), seed=7))
    assert len(model.requests) == 2


def test_20_at_once_at_two_copies_are_one(
    program: httpx.Client,
    model: ScriptedModel,
    db_api: DbApiServer,
    serve_chat_ui: StartBriefly,
) -> None:
    model.hold_after, before = 1, list_answers(db_api)
    with (
        serve_chat_ui(db_api_url=db_api.url, runner="off") as url,
        new_browser(url) as there,
        ThreadPoolExecutor(20) as pool,
    ):
        there.headers["Authorization"] = program.headers["authorization"]
        copies = (program, there)
        wait_until(lambda: {at.get("/v1/models").status_code for at in copies} == {200})
        sends = [pool.submit(post, each, by_key("twenty"), stream=True) for each in copies * 10]
        wait_until(lambda: model.running == 1)
        model.go.set()
        assert {text_of(send.result()) for send in sends} == {model.text}
    assert (len(model.requests), len(list_answers(db_api) - before)) == (1, 1)


@pytest.mark.parametrize("key", ["", "k" * 256, "ö"])
def test_a_key_is_short_and_printable(
    program: httpx.Client, model: ScriptedModel, key: str
) -> None:
    response = post(program, {"Idempotency-Key": key.encode("latin-1")})  # type: ignore[dict-item]
    assert refused(response, 400, "invalid_value") == "idempotency-key"
    assert model.requests == []


@pytest.mark.parametrize("headers", [MARK, by_key("cut")])
def test_a_cut_answer_is_paused_and_continued_by_its_retry(
    program: httpx.Client, model: ScriptedModel, db_api: DbApiServer, headers: dict[str, str]
) -> None:
    model.text, model.hold_after, before = "one two three four", 2, list_answers(db_api)
    cut(program, "one two", headers)
    wait_until(lambda: (model.running, db_api.sql(RUNNING)) == (0, 0))
    model.hold_after = None
    assert text_of(post(program, headers, stream=True)) == model.text
    first, second = model.requests
    assert [m["role"] for m in second["messages"]] == ["user", "assistant"]
    assert second["messages"][-1]["content"] == "one two"
    assert second["max_tokens"] == first["max_tokens"] - 2
    assert len(list_answers(db_api) - before) == 1


def test_what_is_not_marked_or_matches_nothing_is_another_one(
    program: httpx.Client, model: ScriptedModel, db_api: DbApiServer
) -> None:
    model.text, model.hold_after = "one two three", 1
    cut(program, "one")
    wait_until(lambda: (model.running, db_api.sql(RUNNING)) == (0, 0))
    model.hold_after = None
    text_of(post(program, {}, stream=True))
    text_of(post(program, MARK, stream=True, seed=7))
    text_of(post(program, {"x-stainless-retry-count": "0"}, stream=True))
    text_of(post(program, {"x-stainless-retry-count": "x"}, stream=True))
    assert all(asked["messages"][-1]["role"] == "user" for asked in model.requests)
    joined = post(program, MARK, stream=True)
    assert text_of(joined) == model.text
    assert model.requests[-1]["messages"][-1]["role"] == "assistant"
    (reply, *_) = re.findall(r"chatcmpl-(\w+)", joined.text)
    wait_until(lambda: db_api.sql(f"{DELIVERED} WHERE head = '{reply}'"))
    text_of(post(program, MARK, stream=True))
    assert model.requests[-1]["messages"][-1]["role"] == "user", "it got all of that one"


def test_a_stop_is_found_across_a_cut_and_the_length_counts_both_sides(
    program: httpx.Client, model: ScriptedModel
) -> None:
    model.text, model.hold_after = "one two three four five", 3
    fields: dict[str, Any] = {"stream": True, "stop": ["two three f"], "max_tokens": 5}
    give_up(program, **fields)
    wait_until(lambda: model.running == 0)
    model.hold_after = None
    assert text_of(post(program, MARK, **fields)) == "one "
    assert [asked["max_tokens"] for asked in model.requests] == [5, 4], "of three one was stored"
    model.hold_after = 2
    give_up(program, stream=True, max_tokens=3)
    wait_until(lambda: model.running == 0)
    model.hold_after = None
    assert text_of(post(program, MARK, stream=True, max_tokens=3)) == "one two three"


def test_while_somebody_else_listens_a_cut_pauses_nothing(
    program: httpx.Client, model: ScriptedModel
) -> None:
    model.text, model.hold_after = "one two three", 1
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(post, program, by_key("both"), stream=True)
        wait_until(lambda: model.running == 1)
        cut(program, "one", by_key("both"))
        model.go.set()
        assert text_of(waiting.result()) == model.text
    assert len(model.requests) == 1


def test_a_program_that_listens_long_says_so(
    program: httpx.Client,
    model: ScriptedModel,
    db_api: DbApiServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watch, "LISTEN_SECONDS", 0.1)
    model.text, model.hold_after = "one two three", 1
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(post, program, {}, stream=True)
        wait_until(lambda: model.running == 1)
        db_api.sql("UPDATE replies SET listened_until = now() - interval '1 minute'")
        model.hold_after = None
        model.go.set()
        assert text_of(waiting.result()) == model.text


def test_a_stream_that_waits_long_begins_with_comments(
    program: httpx.Client, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (completions, watch):
        monkeypatch.setattr(module, "KEEP_ALIVE_SECONDS", 0.3)
    model.hold_after = 0
    body = {"model": "scripted", "messages": HI, "stream": True}
    with program.stream("POST", PATH, json=body) as response:
        lines = response.iter_lines()
        assert [next(lines) for _ in range(4)] == [": keep-alive", ""] * 2
        model.go.set()
        chunks = list(read(lines))
    assert json.loads(chunks[0])["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert "".join(content(chunk) for chunk in chunks[:-1]) == model.text


def test_what_would_be_the_same_is_not_to_be_tried_again(
    program: httpx.Client, model: ScriptedModel, db_api: DbApiServer
) -> None:
    model.garbage = True
    response = post(program, by_key("broken"))
    refused(response, 502, "model_failed")
    assert response.headers["x-should-retry"] == "false"
    asked = len(model.requests)
    refused(post(program, by_key("broken")), 502, "model_failed")
    assert len(model.requests) == asked
