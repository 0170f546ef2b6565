"""Whatever goes wrong has one shape, says what to do next, and gives nothing away. The Swagger page
works offline and tells all of it."""

import asyncio
import logging
import re
from collections.abc import Iterator
from typing import Any
from unittest.mock import AsyncMock

import httpx
import pytest
from app.db.transactions import Database
from app.web.middleware import Guard
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from starlette.types import Message, Receive, Scope, Send

from tests.db_api.api import NOWHERE, Api, Person, body, problem, reasons

OPEN = ("/health", "/ready", "/docs", "/openapi.json")
PERSONAL = ("/chats", "/documents", "/exports", "/files", "/search", "/sessions/current")
PAGE_FILES = {"swagger-ui.css", "swagger-ui-bundle.js", "docs.js", "favicon-32x32.png"}
WRONG_TOKENS = ("", "Bearer", "Bearer wrong", "Basic x", f"Bearer {'x' * 64}", "Bearer é")


@pytest.fixture
def document(api: Api) -> Any:
    return body(api.http.get("/openapi.json"))


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    """Each method, path, and what is said about it."""
    for path, methods in document["paths"].items():
        yield from ((method, path, operation) for method, operation in methods.items())


def lead_nowhere(path: str) -> str:
    names = (
        "chat_id",
        "reply_id",
        "message_id",
        "file_id",
        "document_id",
        "recording_id",
        "export_id",
        "token_id",
    )
    return path.format(**dict.fromkeys(names, NOWHERE), number=1)


def test_every_call_needs_the_service_s_token(api: Api, ada: Person, document: Any) -> None:
    guarded = [(method, path) for method, path, _ in operations(document) if path not in OPEN]
    assert len(guarded) >= 27
    for number, (method, path) in enumerate(guarded):
        for shown in {"", WRONG_TOKENS[number % len(WRONG_TOKENS)]}:
            headers = httpx.Headers(ada.headers | {"Authorization": shown}, encoding="utf-8")
            answer = api.http.request(method, lead_nowhere(path), headers=headers)
            problem(answer, 401, "service-token")
            assert answer.headers["www-authenticate"] == "Bearer"
    assert {api.http.get(path, headers={"Authorization": ""}).status_code for path in OPEN} == {200}


def test_every_person_s_call_needs_a_session(api: Api, document: Any) -> None:
    asked = [(m, path) for m, path, _ in operations(document) if path.startswith(PERSONAL)]
    assert len(asked) >= 20
    for method, path in asked:
        assert ("X-Session-ID", "missing") in reasons(api.http.request(method, lead_nowhere(path)))


def test_an_unknown_route_and_a_wrong_method_are_problems(api: Api) -> None:
    for path in ("/nothing", "/docs/../main.py", "/docs/nothing"):
        problem(api.http.get(path), 404, "not-found")
    answer = api.http.put("/sessions")
    problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"


def test_a_value_is_never_repeated_in_a_problem(ada: Person) -> None:
    answer = ada.post("/chats", {"username": "secret\0", "system_prompt": ["secret"]})
    found = [("username", "control-characters"), ("system_prompt", "invalid")]
    assert (reasons(answer), "secret" in answer.text) == (found, False)


def test_a_body_is_refused_before_it_is_read_only_if_it_is_huge(ada: Person) -> None:
    big = b"x" * (4 * 32_768 + 65_537)
    for content in (big, iter([big[:100_000], big[100_000:]])):
        found = problem(ada.send_raw("POST", "/chats", content), 413, "body-too-large")
        assert found["limit"] == len(big) - 1
    small = [b'{"username": "Ada", ', b'"system_prompt": ""}']
    body(ada.send_raw("POST", "/chats", iter(small)), 201)


def test_safe_headers_are_on_every_answer(api: Api, ada: Person) -> None:
    huge = ada.send_raw("POST", "/chats", b"x" * 200_000)
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

    monkeypatch.setattr("app.sending.routes.check_message", break_down)
    with caplog.at_level(logging.DEBUG, logger="parley"):
        answer = ada.post_message(chat, "my secret")
    problem(answer, 500, "internal-error")
    (line,) = [r.getMessage() for r in caplog.records if r.name == "parley"]
    assert line.startswith(f"POST /chats/{chat}/messages: 500 ZeroDivisionError at ")
    assert re.findall("secret|ZeroDivision", answer.text + line) == ["ZeroDivision"]
    assert api.http.get("/health").status_code == 200


def test_a_fault_in_the_middle_of_an_answer_begins_no_second_one() -> None:
    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)

    async def break_down(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ZeroDivisionError

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    with pytest.raises(ZeroDivisionError):
        asyncio.run(Guard(break_down, 9, 9)(scope, AsyncMock(), keep))
    assert [message["type"] for message in sent] == ["http.response.start"]


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


def test_the_docs_load_from_here_alone_with_nothing_inline(api: Api) -> None:
    page = api.http.get("/docs")
    policy = page.headers["content-security-policy"]
    assert (policy.startswith("default-src 'none'"), "unsafe" in policy) == (True, False)
    assert "//" not in re.sub(r"<!.*?>", "", page.text)
    assert re.findall(r"<script>|<style|style=|onload=", page.text) == []
    assert set(re.findall(r'(?:src|href)="docs/([^"]+)"', page.text)) <= PAGE_FILES
    assert {api.http.get(f"/docs/{name}").status_code for name in PAGE_FILES} == {200}


def test_every_operation_says_what_it_does_and_what_can_go_wrong(document: Any) -> None:
    for method, path, operation in operations(document):
        name, responses = f"{method} {path}", operation["responses"]
        good = {status: r for status, r in responses.items() if status.startswith("2")}
        assert all((operation["summary"], operation["tags"], good)), name
        kinds = {kind for r in good.values() for kind in r.get("content", ["application/json"])}
        assert kinds <= {"application/json", "application/octet-stream"}, name
        if path not in ("/health", "/ready"):
            assert operation["security"], name
            assert {"401", "422", "503"} <= responses.keys(), name
            is_key = path == "/tokens/{token_id}/use"  # refused as any other wrong key
            assert "{" not in path or is_key or responses.keys() & {"404", "409"}, name
        for status in responses.keys() - good.keys():
            content = responses[status]["content"]["application/problem+json"]
            assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
            assert content["examples"], f"{name} {status}"


def test_the_document_is_whole(app: FastAPI, document: Any) -> None:
    schemas, schemes = (document["components"][part] for part in ("schemas", "securitySchemes"))
    assert set(re.findall(r"'#/components/schemas/(\w+)'", str(document))) == set(schemas)
    assert {s["type"] for s in schemes.values()} == {"http", "apiKey"}
    assert schemes["Session"]["name"] == "X-Session-ID"
    asked = (document["paths"][path]["post"]["security"] for path in ("/chats", "/reading/claim"))
    assert {scheme for needs in asked for need in needs for scheme in need} == set(schemes)
    hidden = {r.path for r in app.routes if isinstance(r, APIRoute) and not r.include_in_schema}
    assert hidden <= {"/docs", "/docs/{name}"}


def test_bodies_have_examples_that_the_api_accepts(api: Api, document: Any) -> None:
    ada, schemas = api.person("Ada"), document["components"]["schemas"]
    example = {name: s["examples"][0] for name, s in schemas.items() if "examples" in s}
    chat = body(ada.post("/chats", example.pop("NewChat")), 201)["id"]
    body(ada.post(f"/chats/{chat}/messages", example.pop("NewMessage")), 201)
    body(ada.post("/chats/messages", example.pop("FirstMessage")), 201)
    ada.change(chat, **example.pop("ChatChanges"))
    body(ada.post("/tokens", example.pop("NewToken")), 201)
    asked = body(ada.post("/completions", example.pop("NewCompletion")), 201)["reply"]["id"]
    body(ada.post(f"/completions/{asked}/leave", example.pop("Leave")))
    body(ada.patch("/sessions/current", **example.pop("SessionChanges")))
    body(api.http.post("/sessions", json=example.pop("NewSession")), 201)
    file = body(ada.post("/files", example.pop("NewFile")), 201)["id"]
    body(ada.put_block(file, 0, b"Hello.\n"))
    document = body(ada.post(f"/files/{file}/complete", example.pop("NewDocument")), 201)["id"]
    body(ada.patch(f"/documents/{document}", **example.pop("DocumentChanges")))
    body(ada.post(f"/chats/{chat}/passages", example.pop("Question")))
    claim = body(api.http.post("/replies/claim", json=example.pop("WorkerName")))
    body(api.http.post("/replies/progress", json=example.pop("ProgressRequest")))
    path = f"/replies/{claim['reply']['id']}/calls/1"
    assert api.http.put(path, json=example.pop("NewCall")).status_code == 204
    body(api.post_finish(claim["reply"]["id"], **example.pop("FinishRequest")))
    body(api.http.post("/replies/release", json=example.pop("ReleaseRequest")))
    assert example == {}, "no example is left untried"


def test_a_branch_that_moved_may_have_no_message(ada: Person, document: Any) -> None:
    chat = ada.chat(opening=None)
    moved = ada.post_message(chat, "Hi", seen=NOWHERE)
    assert problem(moved, 409, "branch-moved")["head"] is None
    assert "null" in document["components"]["schemas"]["Problem"]["properties"]["head"]["type"]
