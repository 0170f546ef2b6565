"""The Swagger page: ours alone, and complete enough to use the API from it."""

import re

import httpx


def test_swagger_comes_from_this_service_only(browser: httpx.Client) -> None:
    page = browser.get("/docs").text
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(addresses) == 4
    for address in addresses:
        assert address.startswith("/")
        assert browser.get(address).status_code == 200


def test_every_route_is_described(browser: httpx.Client) -> None:
    paths = browser.get("/openapi.json").json()["paths"]
    assert set(paths) == {
        "/",
        "/chats",
        "/chats/{chat_id}",
        "/chats/{chat_id}/settings",
        "/chats/{chat_id}/pin",
        "/chats/{chat_id}/delete",
        "/chats/{chat_id}/restore",
        "/chats/{chat_id}/prompt",
        "/chats/{chat_id}/head",
        "/chats/{chat_id}/messages/{message_id}",
        "/chats/{chat_id}/messages/{message_id}/delete",
        "/chats/{chat_id}/replies/{reply_id}/again",
        "/chats/{chat_id}/replies/{reply_id}/continue",
        "/search",
        "/settings",
        "/keys",
        "/settings/forget",
        "/export.json",
        "/export.md",
        "/generate/{chat_id}",
        "/chats/{chat_id}/events",
        "/chats/{chat_id}/live",
        "/chats/{chat_id}/export.json",
        "/chats/{chat_id}/export.md",
        "/chats/{chat_id}/replies/{reply_id}/stop",
        "/health",
        "/ready",
    }
    for path, operations in paths.items():
        for operation in operations.values():
            assert operation["summary"], path


def test_every_problem_a_route_can_have_is_described_as_the_page_it_is(
    browser: httpx.Client,
) -> None:
    document = browser.get("/openapi.json").json()
    assert "HTTPValidationError" not in document["components"].get("schemas", {})
    assert document["components"]["securitySchemes"]["session"]["in"] == "cookie"
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            told = operation["responses"]
            if path in ("/health", "/ready"):
                continue
            assert operation["security"], path
            assert {"422", "503"} <= set(told), path
            assert "{chat_id}" not in path or {"401", "404"} <= set(told), path
            assert method != "post" or "403" in told, path


def test_forms_are_described_with_their_fields(browser: httpx.Client) -> None:
    paths = browser.get("/openapi.json").json()["paths"]
    body = paths["/generate/{chat_id}"]["post"]["requestBody"]["content"]
    fields = body["application/x-www-form-urlencoded"]["schema"]["properties"]
    assert set(fields) == {"prompt", "client_key", "replaces", "seen"}


def test_health_is_alive_and_ready(browser: httpx.Client) -> None:
    assert browser.get("/health").json()["status"] == "ok"
    assert browser.get("/ready").json() == {"status": "ok"}
