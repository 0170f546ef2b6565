"""What no answer lacks, what no other site gets done, and what the Swagger page says."""

import re
from typing import Any

import httpx
import pytest

from tests.chat_ui.support import expect, generate, links, messages, parse

ROUTES = {
    *("/", "/chats", "/generate/{chat_id}", "/search", "/keys", "/export.json", "/export.md"),
    *("/settings", "/settings/forget", "/health", "/ready"),
    *("/chats/new/documents", "/chats/new/documents/add", "/chats/{chat_id}"),
    *(
        f"/chats/{{chat_id}}/{path}"
        for path in (
            *("documents", "documents/add", "documents/remove"),
            *("settings", "rename", "pin", "delete", "restore", "prompt", "head", "events", "live"),
            *("export.json", "export.md", "messages/{message_id}", "messages/{message_id}/delete"),
            *("replies/{reply_id}/again", "replies/{reply_id}/continue", "replies/{reply_id}/stop"),
            "replies/{reply_id}/prompt",
        )
    ),
    "/documents",
    "/documents/{document_id}",
    "/chats/{chat_id}/recordings",
    "/chats/{chat_id}/recordings/{recording_id}/delete",
    *(
        f"/documents/{{document_id}}/{path}"
        for path in ("chat", "rename", "delete", "original", "picture")
    ),
}
COST = re.compile(r'chat-ui;dur=[\d.]+, db-api;dur=[\d.]+, sql;dur=[\d.]+;desc="4 round trips"')


@pytest.mark.parametrize("path", ["/", "/health", "/static/style.css", "/nowhere", "/docs"])
def test_every_answer_carries_the_strict_policy_and_no_inline_code(
    newcomer: httpx.Client, path: str
) -> None:
    response = newcomer.get(path)
    policy = response.headers["content-security-policy"]
    assert re.match("default-src 'none'; (?!.*unsafe).*frame-ancestors 'none'", policy)
    assert {"form-action 'self'", "base-uri 'none'"} <= set(policy.split("; "))
    assert response.headers["x-content-type-options"] == "nosniff"
    for name in ("referrer-policy", "cross-origin-opener-policy", "cross-origin-resource-policy"):
        assert response.headers[name] == "same-origin"
    assert "camera=(), geolocation=(), microphone=()" in response.headers["permissions-policy"]
    assert not re.search("<style| style=| onclick=|<script>", response.text)


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, True),
        ({"Origin": "http://chat.example"}, True),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Referer": "http://chat.example/chats/1"}, True),
        ({"Referer": "http://evil.example/chat.example"}, False),
        ({"Origin": "http://chat.example", "Referer": "http://evil.example/"}, True),
    ],
)
def test_forms_of_other_sites_are_refused(
    browser: httpx.Client, chat: str, headers: dict[str, str], allowed: bool
) -> None:
    headers, form = {"Host": "chat.example"} | headers, {"prompt": "Hi", "client_key": "k"}
    expect(browser.post(generate(chat), data=form, headers=headers), 303 if allowed else 403)
    assert len(messages(browser.get(chat).text)) == (3 if allowed else 1)
    for path in ("/chats", f"{chat}/replies/{chat.split('/')[-1]}/stop"):
        assert (browser.post(path, headers=headers).status_code == 403) != allowed, path


def test_links_of_other_sites_are_followed(browser: httpx.Client, chat: str) -> None:
    expect(browser.get(chat, headers={"Sec-Fetch-Site": "cross-site"}), 200)


def test_pages_are_never_cached_and_assets_for_ever(newcomer: httpx.Client) -> None:
    page = newcomer.get("/")
    assert page.headers["cache-control"] == "no-store"
    current = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
    other = current.replace(current.split("/")[2], "0" * 12)
    for address, kept in ((current, True), ("/static/style.css", False), (other, False)):
        control = newcomer.get(address).headers["cache-control"]
        assert ("immutable" in control, "no-cache" in control) == (kept, not kept)


@pytest.mark.parametrize(
    "path", ["../main.py", "..%2fmain.py", "%2e%2e/main.py", "css/../../main.py", "nothing.js"]
)
def test_nothing_outside_the_static_folder_is_served(newcomer: httpx.Client, path: str) -> None:
    expect(newcomer.get(f"/static/{path}"), 404)


def test_swagger_comes_from_this_service_only(newcomer: httpx.Client) -> None:
    page = parse(newcomer.get("/docs").text)
    scripts = [script.attributes["src"] for script in page.find_all("script")]
    sheets = [sheet.attributes["href"] for sheet in page.find_all("link")]
    assert (len(scripts), len(sheets), links(page)) == (2, 2, [])
    for address in scripts + sheets:
        assert address.startswith("/")
        expect(newcomer.get(address), 200)


def test_every_route_is_described_with_the_problems_it_can_have_and_the_fields_of_its_form(
    newcomer: httpx.Client,
) -> None:
    document: Any = newcomer.get("/openapi.json").json()
    assert set(document["paths"]) == ROUTES
    assert "HTTPValidationError" not in document["components"].get("schemas", {})
    assert document["components"]["securitySchemes"]["session"]["in"] == "cookie"
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], path
            if path not in ("/health", "/ready"):
                told = set(operation["responses"])
                assert operation["security"], path
                assert {"422", "503"} <= told, path
                assert "{chat_id}" not in path or {"401", "404"} <= told, path
                assert method != "post" or "403" in told, path
    body = document["paths"]["/generate/{chat_id}"]["post"]["requestBody"]["content"]
    fields = body["application/x-www-form-urlencoded"]["schema"]["properties"]
    wanted = {"prompt", "client_key", "replaces", "mode", "recording", "attach", "pictures", "seen"}
    assert set(fields) == wanted


def test_a_page_tells_what_it_cost_and_health_the_lag_of_the_event_loop(
    browser: httpx.Client, chat: str
) -> None:
    # A connection's first use of a statement takes one more, to have it planned.
    told_costs = [browser.get(chat).headers["server-timing"] for _ in range(3)]
    assert any(COST.fullmatch(cost) for cost in told_costs), "one call of db-api"
    told = browser.get("/health").json()
    assert set(told) == {"status", "event_loop_lag_ms", "event_loop_busy_ms"}
    assert told["status"] == "ok"
