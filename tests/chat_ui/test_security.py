"""What no answer lacks, and what no other site gets done."""

import httpx
import pytest

from tests.support.person import generate, messages, open_chat, wait_until_final

PATHS = ("/", "/health", "/static/style.css", "/nowhere", "/openapi.json", "/docs")


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_strict_policy(browser: httpx.Client, path: str) -> None:
    headers = browser.get(path).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def test_no_page_has_inline_styles_scripts_or_handlers(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    for path in ("/", chat, "/docs", "/nowhere"):
        page = browser.get(path).text
        assert "<style" not in page
        assert " style=" not in page
        assert " onclick=" not in page
        assert "<script>" not in page


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
    browser: httpx.Client, headers: dict[str, str], allowed: bool
) -> None:
    chat = open_chat(browser)
    host = {"Host": "chat.example"}
    form = {"prompt": "Hi", "client_key": "k"}
    response = browser.post(generate(chat), data=form, headers=host | headers)
    assert response.status_code == (303 if allowed else 403)
    expected = 3 if allowed else 1
    assert len(messages(wait_until_final(browser, chat))) == expected


@pytest.mark.parametrize("path", ["/chats", "/generate/{id}", "/chats/{id}/replies/{id}/stop"])
def test_every_changing_route_refuses_other_sites(browser: httpx.Client, path: str) -> None:
    chat = open_chat(browser).removeprefix("/chats/")
    response = browser.post(path.replace("{id}", chat), headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 403
    assert "another site" in response.text


def test_pages_are_never_cached_and_assets_for_ever(browser: httpx.Client) -> None:
    page = browser.get("/")
    assert page.headers["cache-control"] == "no-store"
    address = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
    asset = browser.get(address)
    assert asset.status_code == 200
    assert "immutable" in asset.headers["cache-control"]
    assert browser.get("/static/style.css").headers["cache-control"] == "no-cache"
    other_version = address.replace(address.split("/")[2], "0" * 12)
    assert browser.get(other_version).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["../main.py", "..%2fmain.py", "%2e%2e/main.py", "css/../../main.py", "nothing.js"]
)
def test_nothing_outside_the_static_folder_is_served(browser: httpx.Client, path: str) -> None:
    assert browser.get(f"/static/{path}").status_code == 404
