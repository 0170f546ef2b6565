"""`/v1/responses` over a WebSocket: the events of a stream, one response after another."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from app.api.responses import admission
from app.api.responses import socket as response_socket
from app.errors import LimitReached

from tests.chat_ui.programs import bearer, make_token
from tests.chat_ui.sockets import (
    PATH,
    answer,
    ask,
    read,
    read_all,
    read_error,
    refusal,
    talking,
    wait_for_end,
)
from tests.chat_ui.support import (
    DbApiServer,
    ScriptedModel,
    StartBriefly,
    new_browser,
    open_chat,
    wait_until,
)

TEXT = "one two three four"
PAUSED = "SELECT bool_and(is_paused(listened_until)) FROM replies WHERE finished_at IS NULL"


def text_of(events: list[Any]) -> str:
    return "".join(each["delta"] for each in events if each["type"].endswith(".delta"))


def resume(program: httpx.Client, response: Any, after: int) -> list[Any]:
    """What is left of it over HTTP."""
    params = {"stream": True, "starting_after": after}
    lines = program.get(f"{PATH}/{response['id']}", params=params).text.split("\n")
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


def status_of(program: httpx.Client, response: Any) -> int:
    return program.get(f"{PATH}/{response['id']}").status_code


@pytest.fixture
def read_one(program: httpx.Client, model: ScriptedModel) -> Iterator[tuple[Any, list[Any]]]:
    """A connection, and the events up to the first word of an answer that is held there."""
    model.text, model.hold_after = TEXT, 1
    with talking(program) as socket:
        ask(socket)
        events = [read(socket)]
        while text_of(events) != "one":
            events.append(read(socket))
        yield socket, events


def test_the_events_are_those_of_a_stream(program: httpx.Client, model: ScriptedModel) -> None:
    body = {"model": "scripted", "input": "Hi", "stream": True}
    streamed = program.post(PATH, json=body).text
    with talking(program) as socket:
        ask(socket)
        events = read_all(socket)
    kinds = [each["type"] for each in events if not each["type"].endswith(".delta")]
    assert kinds == [
        line.removeprefix("event: ")
        for line in streamed.split("\n")
        if line.startswith("event: ") and not line.endswith(".delta")
    ]
    numbers = [each["sequence_number"] for each in events]
    assert (text_of(events), numbers) == (model.text, sorted(set(numbers)))
    stored = program.get(f"{PATH}/{events[-1]['response']['id']}").json()
    assert stored == events[-1]["response"]


def test_one_response_comes_after_another(program: httpx.Client, model: ScriptedModel) -> None:
    with talking(program) as socket:
        first = answer(socket, "One?", instructions="Be brief.", stream=True, background=False)
        answer(socket, "Two?", previous_response_id=first["id"], generate=None)
    assert [each["content"] for each in model.requests[-1]["messages"]] == [
        *("One?", model.text, "Two?")
    ]


def test_what_is_not_stored_is_continued_on_its_connection_alone(program: httpx.Client) -> None:
    with talking(program) as socket:
        first = answer(socket, "One?", store=False)
        assert status_of(program, first) == 200
        second = answer(socket, "Two?", store=False, previous_response_id=first["id"])
        wait_until(lambda: status_of(program, first) == 404)
        ask(socket, "Three?", previous_response_id=first["id"])
        error = (400, "previous_response_not_found", "previous_response_id")
        assert read_error(socket) == error
        assert status_of(program, second) == 200
    wait_until(lambda: status_of(program, second) == 404)


def test_two_at_once_are_refused_and_the_first_one_is_answered(
    read_one: tuple[Any, list[Any]], model: ScriptedModel
) -> None:
    socket, events = read_one
    ask(socket, "Another one")
    assert read_error(socket) == (409, "response_already_in_flight", None)
    model.go.set()
    assert text_of(events + read_all(socket)) == TEXT
    assert len(model.requests) == 1


def test_a_cut_connection_pauses_it_and_over_http_it_is_continued(
    program: httpx.Client,
    model: ScriptedModel,
    db_api: DbApiServer,
    read_one: tuple[Any, list[Any]],
) -> None:
    socket, events = read_one
    socket.socket.close()
    wait_until(lambda: model.running == 0)
    wait_until(lambda: db_api.sql(PAUSED))
    model.go.set()
    response, number = events[0]["response"], events[-1]["sequence_number"]
    rest = resume(program, response, number)
    assert (text_of(events + rest), rest[-1]["type"]) == (TEXT, "response.completed")
    with talking(program) as another:
        answer(another, "And now?", previous_response_id=response["id"])
    assert TEXT in [each["content"] for each in model.requests[-1]["messages"]]


def test_with_a_key_another_connection_continues_it(
    program: httpx.Client, model: ScriptedModel
) -> None:
    model.text, model.hold_after = TEXT, 1
    key = {"Idempotency-Key": "one"}
    with talking(program, **key) as socket:
        ask(socket)
        first = read(socket)["response"]
    wait_until(lambda: model.running == 0)
    model.go.set()
    with talking(program, **key) as socket:
        same = answer(socket)
        assert (same["id"], same["output"][0]["content"][0]["text"]) == (first["id"], TEXT)
        assert answer(socket, "Another question")["id"] != first["id"]
    with talking(program) as socket:
        assert answer(socket)["id"] != first["id"]


def test_whoever_has_no_token_for_it_is_refused_before_there_is_a_connection(
    program: httpx.Client, browser: httpx.Client
) -> None:
    reader = bearer(make_token(browser, scopes="read"))
    good = {"Authorization": program.headers["authorization"]}
    cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}
    host = program.base_url.netloc.decode()
    for headers, status, code in (
        ({}, 401, "invalid_api_key"),
        (cookie, 401, "invalid_api_key"),
        (cookie | {"Origin": f"http://{host}"}, 401, "invalid_api_key"),
        ({"Authorization": "Bearer x"}, 401, "invalid_api_key"),
        ({"Authorization": good["Authorization"].replace("Bearer", "Basic")}, 401, None),
        (reader, 403, "missing_scope"),
        (good | {"Origin": "https://another.example"}, 403, "origin_not_allowed"),
        (good | {"Origin": "null"}, 403, "origin_not_allowed"),
        (good | {"Idempotency-Key": "x" * 256}, 400, "invalid_value"),
    ):
        found, error = refusal(program, headers)
        assert (found, error["code"] if code else None) == (status, code), (headers, error)
    assert refusal(program, good, "another.example")[0] == 421
    status, error = refusal(program, good, query="foo=1")
    assert (status, error["code"], error["param"]) == (400, "unsupported_parameter", "foo")
    with talking(program, Origin=f"http://{host}") as socket:
        assert answer(socket)["status"] == "completed"


def test_pages_of_sites_in_api_origins_may_connect(
    program: httpx.Client, db_api: DbApiServer, serve_chat_ui: StartBriefly
) -> None:
    site = "https://app.example.org"
    with (
        serve_chat_ui(db_api_url=db_api.url, api_origins=site) as url,
        new_browser(url) as client,
    ):
        client.headers.update({"Authorization": program.headers["authorization"]})
        with talking(client, Origin=site) as socket:
            assert answer(socket)["status"] == "completed"


def test_a_revoked_token_ends_it(
    url: str, browser: httpx.Client, chat: str, monkeypatch: pytest.MonkeyPatch, db_api: DbApiServer
) -> None:
    monkeypatch.setattr(response_socket, "ASK_SECONDS", 0.1)
    with new_browser(url) as client:
        client.headers.update(bearer(make_token(browser)))
        with talking(client) as socket:
            answer(socket)
            db_api.sql("DELETE FROM tokens")
            assert read_error(socket) == (401, "invalid_api_key", None)
            assert wait_for_end(socket) == response_socket.POLICY


def test_a_token_that_ends_in_the_middle_of_an_answer_ends_it(
    read_one: tuple[Any, list[Any]], model: ScriptedModel, db_api: DbApiServer
) -> None:
    socket, _ = read_one
    db_api.sql("UPDATE tokens SET expires_at = created_at")
    assert wait_for_end(socket) == response_socket.POLICY
    wait_until(lambda: model.running == 0)


def test_a_restart_ends_it_with_its_own_code_and_loses_nothing(
    program: httpx.Client, model: ScriptedModel, db_api: DbApiServer, serve_chat_ui: StartBriefly
) -> None:
    model.text, model.hold_after = TEXT, 1
    headers = {"Authorization": program.headers["authorization"]}
    with ExitStack() as stack:
        with serve_chat_ui(db_api_url=db_api.url) as url:
            client = httpx.Client(base_url=url, headers=headers)
            busy, idle = (stack.enter_context(talking(client)) for _ in range(2))
            ask(busy)
            events = [read(busy) for _ in range(6)]
        assert [wait_for_end(busy), wait_for_end(idle)] == [response_socket.RESTART] * 2
    model.go.set()
    rest = resume(program, events[0]["response"], events[-1]["sequence_number"])
    assert text_of(events + rest) == TEXT


BAD: list[tuple[str, str, str | None]] = [
    ("", "invalid_json", None),
    ("{", "invalid_json", None),
    ("[" * 100_000, "invalid_json", None),
    ("[]", "invalid_json", None),
    ("{}", "missing_required_parameter", "type"),
    ('{"type": "response.steer"}', "invalid_value", "type"),
    ('{"type": 7}', "invalid_value", "type"),
]
FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"stream": False}, "stream"),
    ({"stream": 1}, "stream"),
    ({"background": True}, "background"),
    ({"generate": False}, "generate"),
    ({"stream_id": "a"}, "stream_id"),
    ({"stream_options": {"include_obfuscation": False}}, "stream_options"),
    ({"model": "another"}, "model"),
    ({"input": "a\0b"}, "input"),
    ({"input": "\ud800"}, "input"),
    ({"temperature": 3}, "temperature"),
    ({"made_up": 1}, "made_up"),
    ({"half a pair \ud800": 1}, "half a pair \\ud800"),
]


def test_what_can_t_be_done_is_refused_by_name(program: httpx.Client, model: ScriptedModel) -> None:
    for text, code, param in BAD:
        with talking(program) as socket:
            socket.send(text)
            assert read_error(socket)[1:] == (code, param)
    for fields, name in FIELDS:
        with talking(program) as socket:
            ask(socket, **fields)
            assert read_error(socket)[2] == name
    assert model.requests == []


def test_a_refusal_is_no_end_but_many_are(program: httpx.Client) -> None:
    with talking(program) as socket:
        for _ in range(2):
            for _ in range(response_socket.MOST_REFUSED - 1):
                socket.send("garbage")
                read_error(socket)
            assert answer(socket)["status"] == "completed"
        for _ in range(response_socket.MOST_REFUSED):
            socket.send("garbage")
        assert wait_for_end(socket) == response_socket.POLICY


def test_what_is_too_large_is_refused(program: httpx.Client) -> None:
    with talking(program) as socket:
        ask(socket, "x" * 200_000)
        assert read_error(socket) == (413, "request_too_large", None)


def test_bytes_end_it(program: httpx.Client) -> None:
    with talking(program) as socket:
        socket.send(b"\x00\xff")
        assert wait_for_end(socket) == response_socket.UNSUPPORTED


def test_a_session_has_few_connections_and_an_old_one_ends(
    program: httpx.Client, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "MOST_OF_SESSION", 1)
    monkeypatch.setattr(response_socket, "ASK_SECONDS", 0.1)
    headers = {"Authorization": program.headers["authorization"]}
    with talking(program) as socket:
        status, error = refusal(program, headers)
        assert (status, error["code"]) == (429, "rate_limit_exceeded")
        with new_browser(url) as browser, new_browser(url) as other:
            open_chat(browser)
            other.headers.update(bearer(make_token(browser)))
            with talking(other) as another:
                answer(another)
        monkeypatch.setattr(response_socket, "LONGEST_SECONDS", 0)
        assert read_error(socket) == (400, "websocket_connection_limit_reached", None)
        assert wait_for_end(socket) == response_socket.AWAY
    monkeypatch.setattr(response_socket, "LONGEST_SECONDS", 60)
    wait_until(lambda: not admission._open)


def test_too_much_at_once_says_when_to_try_again() -> None:
    event = response_socket.describe_event(LimitReached("messages", limit=1, retry_after=7))
    assert (event["status"], event["error"]["headers"]) == (429, {"retry-after": "7"})
