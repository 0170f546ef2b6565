"""Whatever goes wrong has one shape, says what to do next, and gives nothing away."""

import logging
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from app.db.transactions import Database
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.db_api.api import Api, Person, body, problem, reasons

OPEN = ("/health", "/ready", "/docs", "/openapi.json")
PERSONAL = ("/chats", "/search", "/sessions/current")


def operations(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Each method and path, with ids that lead nowhere."""
    for path, methods in app.openapi()["paths"].items():
        unknown = path.format(chat_id=uuid4(), reply_id=uuid4(), message_id=uuid4())
        yield from ((method, unknown) for method in methods)


def test_every_call_needs_the_service_s_token(app: FastAPI, api: Api, ada: Person) -> None:
    guarded = [(method, path) for method, path in operations(app) if path not in OPEN]
    assert len(guarded) >= 27
    wrong = ("", "Bearer", "Bearer wrong", "Basic x", f"Bearer {'x' * 64}", "Bearer é")
    for number, (method, path) in enumerate(guarded):
        # Each form of a wrong token once; no token at every door.
        for shown in ("", wrong[number % len(wrong)]):
            headers = httpx.Headers(ada.headers | {"Authorization": ""})
            headers["Authorization"] = shown
            answer = api.http.request(method, path, headers=headers)
            problem(answer, 401, "service-token")
            assert answer.headers["www-authenticate"] == "Bearer"
    for path in OPEN:
        assert api.http.get(path, headers={"Authorization": ""}).status_code == 200


def test_every_person_s_call_needs_a_session(app: FastAPI, api: Api) -> None:
    asked = [(method, path) for method, path in operations(app) if path.startswith(PERSONAL)]
    assert len(asked) >= 20
    for method, path in asked:
        assert ("X-Session-ID", "missing") in reasons(api.http.request(method, path))


def test_an_unknown_route_and_a_wrong_method_are_problems(api: Api) -> None:
    for path in ("/nothing", "/docs/../main.py", "/docs/nothing"):
        problem(api.http.get(path), 404, "not-found")
    answer = api.http.put("/sessions")
    problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"


def test_a_value_is_never_repeated_in_a_problem(ada: Person) -> None:
    answer = ada.post("/chats", {"username": "secret\0", "system_prompt": ["secret"]})
    found = reasons(answer)
    assert found == [("username", "control-characters"), ("system_prompt", "invalid")]
    assert "secret" not in answer.text


@pytest.mark.parametrize("stated", [True, False])
def test_a_huge_body_is_refused_before_it_is_read(ada: Person, stated: bool) -> None:
    big = b"x" * (4 * 32_768 + 65_537)
    content: Any = big if stated else iter([big[:100_000], big[100_000:]])
    found = problem(ada.post_raw("/chats", content), 413, "body-too-large")
    assert found["limit"] == 4 * 32_768 + 65_536


def test_a_streamed_body_within_the_limit_is_read(ada: Person) -> None:
    parts = iter([b'{"username": "Ada", ', b'"system_prompt": ""}'])
    body(ada.post_raw("/chats", parts), 201)


def test_safe_headers_are_on_every_answer(api: Api, ada: Person) -> None:
    huge = ada.post_raw("/chats", b"x" * 200_000)
    for answer in (ada.get("/chats"), api.http.get("/nothing"), api.http.get("/health"), huge):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["cache-control"] == "no-store"


def test_a_fault_of_ours_is_a_plain_500_and_one_quiet_line(
    api: Api,
    ada: Person,
    chat: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def break_down(text: str, limit: int) -> None:
        raise ZeroDivisionError(f"could not handle {text}")

    monkeypatch.setattr("app.sending.send.check_size", break_down)
    with caplog.at_level(logging.DEBUG, logger="parley"):
        answer = ada.post_message(chat, "my secret")
    problem(answer, 500, "internal-error")
    (line,) = [r.getMessage() for r in caplog.records if r.name == "parley"]
    assert line.startswith(f"POST /chats/{chat}/messages: 500 ZeroDivisionError at ")
    assert "secret" not in answer.text + line
    assert "ZeroDivision" not in answer.text
    assert api.http.get("/health").status_code == 200


def test_no_error_of_the_database_quotes_what_was_written(
    ada: Person,
    chat: str,
    database: Database,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.sending.send.make_title", lambda content: content)
    with caplog.at_level(logging.DEBUG):
        answer = ada.post_message(chat, "my secret " * 20)
    problem(answer, 500, "internal-error")
    assert "CheckViolation" in caplog.text or "IntegrityError" in caplog.text
    with database.unauthenticated() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(text("SELECT 1 / 0, :content"), {"content": "my secret"})
    assert "secret" not in answer.text + caplog.text + str(caught.value)


def test_every_route_is_described(app: FastAPI) -> None:
    hidden = {r.path for r in app.routes if isinstance(r, APIRoute) and not r.include_in_schema}
    assert hidden <= {"/docs", "/docs/{name}"}
