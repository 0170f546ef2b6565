"""Whatever goes wrong has one shape, says what to do next, and gives nothing away."""

import logging
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.db_api.api import Api, Person, problem

OPEN = {"/health", "/ready", "/openapi.json", "/docs", "/docs/{name}"}


def operations(app: FastAPI) -> Iterator[tuple[str, str]]:
    for path, methods in app.openapi()["paths"].items():
        for method in methods:
            yield method, path


def test_every_call_needs_the_service_s_token(app: FastAPI, api: Api, ada: Person) -> None:
    guarded = [(method, path) for method, path in operations(app) if path not in OPEN]
    assert len(guarded) >= 26
    for method, path in guarded:
        url = path.format(chat_id=uuid4(), reply_id=uuid4(), message_id=uuid4())
        for shown in ("", "Bearer", "Bearer wrong", "Basic x", f"Bearer {'x' * 64}", "Bearer é"):
            headers = httpx.Headers(ada.headers)
            headers["Authorization"] = shown
            answer = api.http.request(method, url, headers=headers)
            problem(answer, 401, "service-token")
            assert answer.headers["www-authenticate"] == "Bearer"


def test_the_rest_is_open(api: Api) -> None:
    for path in ("/health", "/ready", "/docs", "/openapi.json"):
        assert api.http.get(path, headers={"Authorization": ""}).status_code == 200


def test_every_person_s_call_needs_a_session(app: FastAPI, api: Api) -> None:
    theirs = ("/chats", "/search", "/sessions/current")
    asked = [(m, p) for m, p in operations(app) if p.startswith(theirs)]
    assert len(asked) >= 20
    for method, path in asked:
        url = path.format(chat_id=uuid4(), reply_id=uuid4(), message_id=uuid4())
        found = problem(api.http.request(method, url), 422, "invalid-input")
        assert "X-Session-ID" in [error["field"] for error in found["errors"]]


def test_an_unknown_route_and_a_wrong_method_are_problems(api: Api) -> None:
    problem(api.http.get("/nothing"), 404, "not-found")
    problem(api.http.get("/docs/../main.py"), 404, "not-found")
    answer = api.http.put("/sessions")
    problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"


def test_a_value_is_never_repeated_in_a_problem(ada: Person) -> None:
    answer = ada.post("/chats", {"username": "secret\0", "system_prompt": ["secret"]})
    problem(answer, 422, "invalid-input")
    assert "secret" not in answer.text


@pytest.mark.parametrize("stated", [True, False])
def test_a_huge_body_is_refused_before_it_is_read(ada: Person, stated: bool) -> None:
    big = b"x" * (4 * 32_768 + 65_537)
    content: Any = big if stated else iter([big[:100_000], big[100_000:]])
    answer = ada.http.post("/chats", headers=ada.headers, content=content)
    assert problem(answer, 413, "body-too-large")["limit"] == 4 * 32_768 + 65_536


def test_a_streamed_body_within_the_limit_is_read(ada: Person) -> None:
    parts = iter([b'{"username": "Ada", ', b'"system_prompt": ""}'])
    headers = ada.headers | {"Content-Type": "application/json"}
    assert ada.http.post("/chats", headers=headers, content=parts).status_code == 201


def test_safe_headers_are_on_every_answer(api: Api, ada: Person) -> None:
    for answer in (
        ada.get("/chats"),
        api.http.get("/nothing"),
        api.http.get("/health"),
        ada.http.post("/chats", content=b"x" * 200_000),
    ):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["cache-control"] == "no-store"


def test_a_fault_of_ours_is_a_plain_500_and_one_quiet_line(
    api: Api,
    app: FastAPI,
    ada: Person,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def break_down(text: str, limit: int) -> None:
        raise ZeroDivisionError(f"could not handle {text}")

    monkeypatch.setattr("app.messages.sending.check_size", break_down)
    chat = ada.chat()
    with caplog.at_level(logging.DEBUG, logger="parley"):
        answer = ada.post_message(chat, "my secret")
    problem(answer, 500, "internal-error")
    assert "secret" not in answer.text
    assert "ZeroDivision" not in answer.text
    (line,) = [r.getMessage() for r in caplog.records if r.name == "parley"]
    assert line.startswith(f"POST /chats/{chat}/messages: 500 ZeroDivisionError at ")
    assert "secret" not in line
    assert api.http.get("/health").status_code == 200


def test_a_broken_constraint_leaks_no_row(
    ada: Person,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.messages.sending.make_title", lambda content: content)
    with caplog.at_level(logging.DEBUG):
        answer = ada.post_message(ada.chat(), "my secret " * 20)
    problem(answer, 500, "internal-error")
    assert "CheckViolation" in caplog.text or "IntegrityError" in caplog.text
    assert "secret" not in answer.text + caplog.text


def test_an_error_of_the_database_does_not_quote_what_was_written(app: FastAPI) -> None:
    with app.state.database.nobody() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(text("SELECT 1 / 0, :content"), {"content": "my secret"})
    assert "secret" not in str(caught.value)


def test_every_route_is_described(app: FastAPI) -> None:
    hidden = {r.path for r in app.routes if isinstance(r, APIRoute) and not r.include_in_schema}
    assert hidden <= {"/docs", "/docs/{name}"}
