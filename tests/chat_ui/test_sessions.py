"""Whose browser it is: a session begins with a name, and ends where its person says so."""

from pathlib import Path

import httpx
import pytest

from tests.chat_ui.support import DbApiServer, ask, expect, links, new_browser, open_chat
from tests.support.cookies import Cookies


@pytest.fixture
def cookies(secrets: Path) -> Cookies:
    return Cookies((secrets / "cookie" / "key").read_text().strip())


@pytest.mark.parametrize("path", ["/chats", "/settings"])
def test_the_first_name_begins_a_session_that_nobody_could_know(
    newcomer: httpx.Client, url: str, db_api: DbApiServer, cookies: Cookies, path: str
) -> None:
    """Whoever put a cookie into somebody's browser reads nothing by it."""
    planted = db_api.sql(
        "INSERT INTO sessions (expires_at) VALUES (now() + interval '1 d') RETURNING id::text"
    )
    with new_browser(url) as eve:
        for browser in (newcomer, eve):
            cookies.plant(browser, {"id": planted})
        expect(newcomer.post(path, data={"name": "Ann", "username": "Ann"}), 303)
        assert cookies.read(newcomer)["id"] != planted
        expect(newcomer.get("/"), 200, "<bdi>Ann</bdi>")
        expect(eve.get("/"), 200, "Start chatting")
        expect(eve.get(open_chat(newcomer)), 404)


@pytest.mark.parametrize("content", [{}, {"id": "x"}, {"id": ""}, {"id": 7}, {"id": None}])
def test_a_signed_cookie_that_names_no_session_is_none(
    newcomer: httpx.Client, cookies: Cookies, content: dict[str, object]
) -> None:
    cookies.plant(newcomer, content)
    expect(newcomer.get("/"), 200, "Start chatting")
    expect(newcomer.get("/settings"), 200)
    expect(newcomer.get("/documents"), 404)
    expect(newcomer.get(open_chat(newcomer)), 200)


def test_signing_out_says_what_is_lost_asks_and_ends_the_session(
    browser: httpx.Client, chat: str, newcomer: httpx.Client
) -> None:
    ask(browser, chat, "Hi")
    newcomer.cookies["parley"] = browser.cookies["parley"]
    page = expect(
        browser.get("/settings"), 200, "your chats and documents can't be opened any more"
    )
    assert {"/export.md", "/export.json"} <= set(links(page))
    expect(browser.post("/settings/sign-out"), 422, "You are still signed in.")
    expect(browser.get(chat), 200)
    left = browser.post("/settings/sign-out", data={"sure": "yes"})
    expect(left, 303)
    assert (left.headers["location"], left.headers["clear-site-data"]) == (
        "/?left=signed-out",
        '"storage"',
    )
    expect(browser.get("/?left=signed-out"), 200, "You have signed out.", "Start chatting")
    expect(newcomer.get(chat), 401, "Your session has ended.")
    assert open_chat(browser, "Ann", new=False) != chat
