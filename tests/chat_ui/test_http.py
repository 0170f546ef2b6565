"""What no answer lacks, what no other site gets done, and what the Swagger page says."""

import re
from typing import Any

import httpx
import pytest
from app.addresses import find_network
from starlette.requests import Request

from tests.chat_ui.support import (
    ROOT,
    DbApiServer,
    StartBriefly,
    expect,
    generate,
    links,
    messages,
    new_browser,
    parse,
)

ROUTES = {
    *("/", "/chats", "/generate/{chat_id}", "/search", "/keys", "/export.json", "/export.md"),
    *("/settings", "/settings/sign-out", "/settings/forget"),
    *("/settings/tokens", "/settings/tokens/{token_id}/revoke"),
    *("/v1/models", "/v1/models/{model}", "/v1/chat/completions", "/v1/embeddings"),
    *("/api/chats", "/api/chats/deleted", "/api/chats/{chat_id}", "/api/search", "/api/export"),
    *(
        f"/api/chats/{{chat_id}}/{path}"
        for path in (
            *("restore", "export", "messages", "messages/{message_id}", "head"),
            *("replies/{reply_id}", "replies/{reply_id}/events", "replies/{reply_id}/stop"),
            *("replies/{reply_id}/regenerate", "documents", "documents/{document_id}"),
        )
    ),
    *("/api/documents", "/api/documents/{document_id}", "/api/documents/{document_id}/original"),
    "/api/documents/{document_id}/pages/{number}",
    *("/v1/responses", "/v1/responses/compact", "/v1/responses/{response_id}"),
    *(f"/v1/responses/{{response_id}}/{path}" for path in ("cancel", "input_items")),
    *("/certificate", "/certificate/{system}", "/health", "/ready"),
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
    assert response.headers["x-dns-prefetch-control"] == "off"
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
        ({"Origin": "http://chat.local"}, True),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({"Referer": "http://chat.local/chats/1"}, True),
        ({"Referer": "http://evil.example/chat.local"}, False),
        ({"Origin": "http://chat.local", "Referer": "http://evil.example/"}, True),
    ],
)
def test_forms_of_other_sites_are_refused(
    browser: httpx.Client, chat: str, headers: dict[str, str], allowed: bool
) -> None:
    headers, form = {"Host": "chat.local"} | headers, {"prompt": "Hi", "client_key": "k"}
    expect(browser.post(generate(chat), data=form, headers=headers), 303 if allowed else 403)
    assert len(messages(browser.get(chat).text)) == (3 if allowed else 1)
    for path in ("/chats", f"{chat}/replies/{chat.split('/')[-1]}/stop"):
        assert (browser.post(path, headers=headers).status_code == 403) != allowed, path


@pytest.mark.parametrize(
    ("host", "known"),
    [
        *(("localhost", True), ("LOCALHOST:8080", True), ("parley.local.:80", True)),
        *(("laptop:81", True), ("192.168.1.7", True), ("[fe80::1]:80", True)),
        *(("chat.example.org", True), ("Chat.Example.org:443", True)),
        *(("www.example.org", True), ("other.example", True)),
        *(("evil.example", False), ("chat.example.org.evil.example", False), ("", False)),
        *(("127.0.0.1.evil.example", False), ("xlocal.evil", False), ("[::1", False)),
    ],
)
def test_a_public_name_is_answered_to_only_if_it_is_ours(
    serve_chat_ui: StartBriefly, db_api: DbApiServer, host: str, known: bool
) -> None:
    names = {
        "public_url": "https://chat.example.org/",
        "tls_names": "www.example.org, Other.example",
    }
    ours = serve_chat_ui(db_api_url=db_api.url, **names)
    with ours as url, new_browser(url) as browser:
        headers = {"Host": host}
        for path in ("/", "/health", "/nowhere", "/docs"):
            answer = browser.get(path, headers=headers)
            assert (answer.status_code == 421) != known, path
            assert ("PUBLIC_URL" in answer.text) != known, path
        assert "default-src" in answer.headers["content-security-policy"]
        expect(browser.get("/static/style.css", headers=headers), 200)


@pytest.mark.parametrize("path", ["/chats/", "/settings/", "/static", "/docs/", "/generate/x"])
def test_no_redirect_names_a_scheme_or_a_port(newcomer: httpx.Client, path: str) -> None:
    assert newcomer.get(path).headers.get("location", "/").startswith("/")


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
            if path.startswith(("/v1/", "/api/")):
                ((scheme, scopes),) = operation["security"][0].items()
                told = set(operation["responses"])
                assert scheme == "token", path
                assert ("403" in told) == bool(scopes), path
                assert {"401", "503", "4XX"} <= told, path
                assert "{chat_id}" not in path or "404" in told, path
            elif path not in ("/health", "/ready"):
                told = set(operation["responses"])
                assert operation["security"], path
                assert {"422", "503"} <= told, path
                assert "{chat_id}" not in path or {"401", "404"} <= told, path
                assert method != "post" or "403" in told, path
    body = document["paths"]["/generate/{chat_id}"]["post"]["requestBody"]["content"]
    fields = body["application/x-www-form-urlencoded"]["schema"]["properties"]
    wanted = {
        "prompt",
        "client_key",
        "replaces",
        "mode",
        "recording",
        "attach",
        "pictures",
        "seen",
        "tool",
    }
    assert set(fields) == wanted


def test_files_and_streams_are_described_as_what_they_are(newcomer: httpx.Client) -> None:
    paths: Any = newcomer.get("/openapi.json").json()["paths"]

    def read_types(method: str, path: str) -> set[str]:
        return set(paths[path][method]["responses"]["200"]["content"])

    for prefix in ("", "/api"):
        types = read_types("get", f"{prefix}/documents/{{document_id}}/original")
        assert {"application/pdf", "image/jpeg", "image/png", "text/plain"} <= types
    assert read_types("get", "/documents/{document_id}/picture") == {"image/jpeg"}
    for path in ("", "/{chat_id}/messages", "/{chat_id}/replies/{reply_id}/regenerate"):
        assert read_types("post", f"/api/chats{path}") == {"text/event-stream"}


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("unix", "unix"),
        (None, ""),
    ],
)
def test_a_client_is_known_by_its_address_or_the_first_half_of_it(
    address: str | None, network: str
) -> None:
    client = (address, 1) if address else None
    assert find_network(Request({"type": "http", "client": client})) == network


def read_as_gateway(cookies: httpx.Cookies) -> str | None:
    """What nginx takes for the session that a browser's cookies name."""
    template = (ROOT / "nginx" / "nginx.conf.template").read_text()
    (pattern,) = re.findall(r'"~\^\[1-9\]\\d\*:(.*)" \$id;', template)
    header = "; ".join(f"{name}={value}" for name, value in cookies.items())
    found = re.match(pattern.replace("?<id>", "?P<id>"), header)
    return found["id"] if found else None


def test_the_gateway_tells_sessions_apart_by_their_cookies(
    browser: httpx.Client, chat: str, stranger: httpx.Client
) -> None:
    """And by nothing else that these hold or that is sent beside them."""
    session = read_as_gateway(browser.cookies)
    assert session
    assert session != read_as_gateway(stranger.cookies) is not None
    before = browser.cookies["parley"]
    files: dict[str, Any] = {
        "files": ("a.txt", b"text"),
        "prompt": (None, "a message typed before"),
    }
    browser.post(f"{chat}/documents", files=files)
    assert browser.cookies["parley"] != before
    browser.cookies.set("theme", "dark")
    assert read_as_gateway(browser.cookies) == session
    for odd in ({"parley": '"quoted"'}, {"parley": before, "xparley": before}, {"theme": "dark"}):
        assert read_as_gateway(httpx.Cookies(odd)) is None


def test_a_service_that_everybody_can_reach_tells_no_timings(
    serve_chat_ui: StartBriefly, db_api: DbApiServer
) -> None:
    with serve_chat_ui(db_api_url=db_api.url, timings="off") as url, new_browser(url) as browser:
        assert "server-timing" not in browser.get("/").headers
        expect(browser.get("/ready"), 404)


def test_a_page_tells_what_it_cost_and_health_the_lag_of_the_event_loop(
    browser: httpx.Client, chat: str
) -> None:
    # A connection's first use of a statement takes one more, to have it planned.
    told_costs = [browser.get(chat).headers["server-timing"] for _ in range(3)]
    assert any(COST.fullmatch(cost) for cost in told_costs), "one call of db-api"
    told = browser.get("/health").json()
    assert set(told) == {"status", "event_loop_lag_ms", "event_loop_busy_ms"}
    assert told["status"] == "ok"
