"""Home: names, sessions, and the list of chats."""

import httpx

from tests.chat_ui.conftest import OPENING, DbApiServer, expect
from tests.support.pages import links
from tests.support.person import ask, messages, open_chat

END_SESSIONS = "UPDATE sessions SET revoked_at = now()"


def test_a_newcomer_is_asked_for_a_name_and_nothing_is_stored_yet(newcomer: httpx.Client) -> None:
    expect(newcomer.get("/"), 200, 'name="username"')
    assert not newcomer.cookies


def test_a_name_opens_a_chat_and_leads_back_to_the_newest_unless_a_new_one_is_asked_for(
    browser: httpx.Client,
) -> None:
    first, second, bobs = (open_chat(browser, name) for name in ("Ann", "Ann", "Bob <b>"))
    assert first != second
    assert messages(browser.get(second).text) == [OPENING]
    assert open_chat(browser, "Ann", new=False) == second
    beside = browser.post("/chats", data={"new": "1"}).headers["location"]
    assert open_chat(browser, "Ann", new=False) == beside, "it has the name the session goes by"
    newest_first = [link for link in links(browser.get("/").text) if link.startswith("/chats/")]
    assert newest_first == [beside, bobs, second, first]


def test_without_a_living_session_a_name_is_asked_for(
    newcomer: httpx.Client, db_api: DbApiServer
) -> None:
    for _ in range(2):
        expect(newcomer.post("/chats", data={"new": "1"}), 422, "Please give a name")
        open_chat(newcomer)
        db_api.sql(END_SESSIONS)


def test_a_chat_is_listed_under_the_first_line_of_its_first_message(
    browser: httpx.Client, chat: str
) -> None:
    ask(browser, chat, "What is an API?\nIn one line.")
    assert "What is an API?" in browser.get("/").text


def test_more_than_fifty_chats_are_paged(browser: httpx.Client) -> None:
    chats = [open_chat(browser) for _ in range(51)]
    newest = links(browser.get("/").text)
    assert chats[0] not in newest
    older = next(link for link in newest if "before=" in link)
    assert chats[0] in links(browser.get(older).text)


def test_another_browser_sees_none_of_my_chats(chat: str, stranger: httpx.Client) -> None:
    assert chat not in stranger.get("/").text
    assert open_chat(stranger, "Ann", new=False) != chat


def test_a_session_that_ended_is_told_so_and_gives_way_to_a_new_one(
    browser: httpx.Client, chat: str, db_api: DbApiServer
) -> None:
    db_api.sql(END_SESSIONS)
    expect(browser.get(chat), 401)
    again = open_chat(browser)
    db_api.sql(END_SESSIONS)
    assert again not in expect(browser.get("/"), 200, "Your session has ended")
    another = open_chat(browser)
    db_api.sql(END_SESSIONS)
    assert open_chat(browser) != another, "the name given begins a session"


def test_the_cookie_can_not_be_forged_nor_reached_by_scripts_and_other_sites(
    chat: str, browser: httpx.Client, newcomer: httpx.Client
) -> None:
    newcomer.cookies["parley"] = browser.cookies["parley"][:-2] + "xx"
    expect(newcomer.get(chat), 404)
    given = newcomer.post("/chats", data={"username": "Ann"}).headers["set-cookie"].lower()
    assert {"httponly", "samesite=lax", f"max-age={90 * 24 * 3600}"} <= set(given.split("; "))
