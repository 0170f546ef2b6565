"""What a program is told of its limits, and of the queue while it waits there."""

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from app.api import embeddings, watch
from app.api.middleware import READABLE
from app.api.told_limits import format_duration
from app.clients.embedder import TextVector

from tests.chat_ui import sockets
from tests.chat_ui.programs import HI, PATH, bearer, make_token, refused
from tests.chat_ui.support import (
    DbApiServer,
    ScriptedModel,
    StartBriefly,
    StartDbApi,
    new_browser,
    send,
    wait_until,
)

MESSAGES, TOKENS = 3, 1000
SETTINGS = {
    "PROGRAM_MESSAGES_PER_MINUTE": str(MESSAGES),
    "PROGRAM_TOKENS_PER_MINUTE": str(TOKENS),
    "LM_SLOTS": "1",
}
RESPONSES = "/v1/responses"
Ask = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def db_api(start_db_api: StartDbApi) -> DbApiServer:
    """Of its own: programs have little, and one reply is written at a time."""
    return start_db_api(**SETTINGS)


@pytest.fixture(scope="module")
def url(db_api: DbApiServer, serve_chat_ui: StartBriefly) -> Iterator[str]:
    with serve_chat_ui(db_api_url=db_api.url) as url:
        yield url


def complete(program: httpx.Client, **fields: Any) -> httpx.Response:
    body = {"model": "scripted", "messages": HI, "max_tokens": 50, **fields}
    return program.post(PATH, json=body)


def respond(program: httpx.Client, **fields: Any) -> httpx.Response:
    body = {"model": "scripted", "input": "Hi", "max_output_tokens": 50, **fields}
    return program.post(RESPONSES, json=body)


def tell(program: httpx.Client, **_fields: Any) -> httpx.Response:
    return program.post("/api/chats", json={"prompt": "Hi"})


def limits(headers: Any) -> dict[str, str]:
    """Those that are told, by their names."""
    begin = "x-ratelimit-"
    return {
        name.removeprefix(begin): told for name, told in headers.items() if name.startswith(begin)
    }


@pytest.mark.parametrize(
    "fields", [{}, {"stream": True}, {"stream": True, "background": True}, {"background": True}]
)
@pytest.mark.parametrize("ask", [complete, respond, tell])
def test_every_answer_says_what_is_left(
    program: httpx.Client, model: ScriptedModel, ask: Ask, fields: dict[str, bool]
) -> None:
    if ask is complete and "background" in fields:
        return
    answered = ask(program, **fields)
    assert answered.is_success
    told = limits(answered.headers)
    assert set(told) == {
        f"{what}-{of}" for what in ("limit", "remaining", "reset") for of in ("requests", "tokens")
    }
    assert (told["limit-requests"], told["remaining-requests"]) == (str(MESSAGES), "2")
    assert told["limit-tokens"] == str(TOKENS)
    assert 0 <= int(told["remaining-tokens"]) < TOKENS
    for of in ("requests", "tokens"):
        assert re.fullmatch(r"(1m)?\d+(\.\d+)?(s|ms)", told[f"reset-{of}"])
    assert {f"x-ratelimit-{name}" for name in told} < set(READABLE)


@pytest.mark.parametrize("ask", [complete, respond, tell])
def test_a_refusal_says_so_too_and_another_token_is_not_meant(
    program: httpx.Client, browser: httpx.Client, db_api: DbApiServer, ask: Ask
) -> None:
    for _ in range(MESSAGES):
        assert complete(program).is_success
        db_api.sql("UPDATE tokens SET tokens_full_at = NULL")
    answered = ask(program)
    refused(answered, 429, "rate_limit_exceeded", "This token's messages")
    assert 1 <= int(answered.headers["retry-after"]) <= 120
    told = limits(answered.headers)
    assert (told["limit-requests"], told["remaining-requests"]) == (str(MESSAGES), "0")
    assert send_as_person(browser).status_code == 303, "who has limits of her own"
    with new_browser(str(program.base_url)) as other:
        other.headers.update(bearer(make_token(browser)))
        assert complete(other).is_success


def send_as_person(browser: httpx.Client) -> httpx.Response:
    return browser.post("/chats", data={"prompt": "Hi", "client_key": "k"})


def test_tokens_are_reserved_while_a_reply_is_written(
    program: httpx.Client, model: ScriptedModel, db_api: DbApiServer
) -> None:
    model.hold_after = 0
    background = respond(program, background=True, max_output_tokens=700)
    answered = complete(program, max_tokens=300)
    refused(answered, 429, "rate_limit_exceeded", "This token's tokens")
    assert int(limits(answered.headers)["remaining-tokens"]) < 200
    model.go.set()
    wait_for_end(program, background.json()["id"])
    assert complete(program, max_tokens=300).is_success


def wait_for_end(program: httpx.Client, response: str) -> None:
    path = f"{RESPONSES}/{response}"
    wait_until(lambda: program.get(path).json()["status"] == "completed")


def test_three_copies_of_everything_take_no_more_than_one(
    browser: httpx.Client,
    program: httpx.Client,
    model: ScriptedModel,
    db_api: DbApiServer,
    start_db_api: StartDbApi,
    serve_chat_ui: StartBriefly,
) -> None:
    model.hold_after = 0
    body = {"model": "scripted", "input": "Hi", "background": True, "max_output_tokens": 300}
    with ExitStack() as served:
        copies = []
        for each in (db_api, *(start_db_api(beside=db_api, **SETTINGS) for _ in range(2))):
            url = served.enter_context(serve_chat_ui(db_api_url=each.url))
            copies.append(served.enter_context(new_browser(url)))
            # Each has answered once: what that makes is made for all of this process.
            first = copies[-1].post(RESPONSES, json=body, headers=bearer(make_token(browser)))
            assert first.is_success
            copies[-1].headers["Authorization"] = program.headers["authorization"]
        with ThreadPoolExecutor(15) as pool:
            post = [copy.post for copy in copies] * 15
            asked = [pool.submit(each, RESPONSES, json=body) for each in post]
            answers = [each.result() for each in asked]
        model.go.set()
        taken = [answer for answer in answers if answer.is_success]
        assert len(taken) == 2, "the two that fit"
        for answer in answers:
            if answer not in taken:
                refused(answer, 429, "rate_limit_exceeded")
        assert [limits(answer.headers)["limit-tokens"] for answer in taken] == [str(TOKENS)] * 2
        for answer in taken:
            wait_for_end(program, answer.json()["id"])


def test_over_a_websocket_a_refusal_has_the_same_facts(
    program: httpx.Client, model: ScriptedModel
) -> None:
    with sockets.talking(program) as socket:
        for _ in range(MESSAGES):
            sockets.answer(socket, max_output_tokens=9)
        sockets.ask(socket, max_output_tokens=9)
        event = sockets.read(socket)
    assert (event["status"], event["error"]["code"]) == (429, "rate_limit_exceeded")
    headers = event["error"]["headers"]
    assert 1 <= int(headers["retry-after"]) <= 120
    assert limits(headers)["remaining-requests"] == "0"


@contextmanager
def busy(browser: httpx.Client, chat: str, model: ScriptedModel) -> Iterator[None]:
    """The only slot is somebody's, until the block ends."""
    model.hold_after = 0
    send(browser, chat, "First")
    wait_until(lambda: model.running == 1)
    yield
    model.go.set()


def test_a_stream_that_waits_tells_its_queue_position(
    browser: httpx.Client,
    chat: str,
    program: httpx.Client,
    model: ScriptedModel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watch, "QUEUED_SECONDS", 0.2)
    monkeypatch.setattr("app.api.completions.QUEUED_SECONDS", 0.2)
    monkeypatch.setattr("app.api.completions.KEEP_ALIVE_SECONDS", 1000)
    body = {"model": "scripted", "messages": HI, "stream": True, "max_tokens": 50}
    with (
        busy(browser, chat, model),
        program.stream("POST", PATH, json=body, timeout=30) as answered,
    ):
        assert answered.headers["x-queue-position"] == "1"
        assert limits(answered.headers)["remaining-requests"] == "2"
        lines = answered.iter_lines()
        assert [next(lines) for _ in range(4)] == [": queued 1", ""] * 2
        model.go.set()
        rest = [line for line in lines if line]
    assert rest[-1] == "data: [DONE]"
    chunks = [json.loads(line.removeprefix("data: ")) for line in rest[:-1] if line[0] != ":"]
    text = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
    assert text == model.text


def test_a_response_that_waits_tells_its_queue_position(
    browser: httpx.Client, chat: str, program: httpx.Client, model: ScriptedModel
) -> None:
    body = {"model": "scripted", "input": "Hi", "max_output_tokens": 50}
    with busy(browser, chat, model):
        first = program.post(RESPONSES, json={**body, "background": True})
        assert (first.headers["x-queue-position"], first.json()["status"]) == ("1", "queued")
        path = f"{RESPONSES}/{first.json()['id']}"
        assert program.get(path).headers["x-queue-position"] == "1"
        with program.stream("POST", RESPONSES, json={**body, "stream": True}) as answered:
            assert answered.headers["x-queue-position"] == "2"
            lines = answered.iter_lines()
            events = [line for line in (next(lines) for _ in range(6)) if line[:4] == "data"]
            queued = json.loads(events[1].removeprefix("data: "))
            assert (queued["type"], queued["queue_position"]) == ("response.queued", 2)
            model.go.set()
            rest = list(lines)
        assert any(line.startswith("event: response.completed") for line in rest)
    wait_until(lambda: program.get(path).json()["status"] == "completed")
    assert "x-queue-position" not in program.get(path).headers


def test_a_message_in_a_chat_that_waits_tells_it_too(
    browser: httpx.Client, chat: str, program: httpx.Client, model: ScriptedModel
) -> None:
    with busy(browser, chat, model):
        answered = tell(program)
        assert answered.headers["x-queue-position"] == "1"


def test_a_call_for_vectors_is_counted_by_what_it_takes(
    program: httpx.Client, db_api: DbApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def find_model(_self: object) -> str:
        return "vectors"

    async def embed_text(_self: object, _text: str) -> TextVector:
        return TextVector([1.0], 100)

    monkeypatch.setattr("app.clients.embedder.Embedder.find_model", find_model)
    monkeypatch.setattr("app.clients.embedder.Embedder.embed_text", embed_text)
    assert embeddings.estimate_tokens("é") == 4
    body = {"model": "vectors", "input": ["x" * 398] * 2}
    answered = program.post("/v1/embeddings", json=body)
    assert answered.status_code == 200, answered.text
    assert limits(answered.headers)["remaining-tokens"] in ("200", "201", "202", "203")
    taken = "SELECT max(extract(epoch FROM tokens_full_at - clock_timestamp())) FROM tokens"
    assert db_api.sql(taken) < 60 * 300 / TOKENS, "the rest of what it reserved is given back"
    refused(program.post("/v1/embeddings", json={**body, "input": ["x" * 1400]}), 429, *LIMITED)


LIMITED = ("rate_limit_exceeded", "This token's tokens")


@pytest.mark.parametrize(
    ("milliseconds", "told"),
    [(0, "0s"), (20, "20ms"), (1000, "1s"), (1500, "1.5s"), (66_000, "1m6s"), (120_000, "2m0s")],
)
def test_times_are_told_as_openai_does(milliseconds: int, told: str) -> None:
    assert format_duration(milliseconds) == told
