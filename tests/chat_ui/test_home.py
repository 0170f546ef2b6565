"""Home: names, sessions, and the list of chats."""

import httpx

from tests.chat_ui.conftest import OPENING, DbApiServer
from tests.support.person import messages, open_chat, send, wait_until_final

END_SESSIONS = "UPDATE sessions SET revoked_at = now()"


def test_a_newcomer_is_asked_for_a_name_and_nothing_is_stored_yet(browser: httpx.Client) -> None:
    response = browser.get("/")
    assert response.status_code == 200
    assert 'name="username"' in response.text
    assert "set-cookie" not in response.headers


def test_giving_a_name_opens_a_chat_that_begins_with_the_opening_message(
    browser: httpx.Client,
) -> None:
    chat = open_chat(browser)
    page = browser.get(chat)
    assert page.status_code == 200
    assert messages(page.text) == [OPENING]


def test_the_same_name_returns_to_the_newest_chat_under_it(browser: httpx.Client) -> None:
    open_chat(browser, "Ann")
    second = open_chat(browser, "Ann")
    open_chat(browser, "Bob")
    assert open_chat(browser, "Ann", new=False) == second


def test_new_always_starts_a_chat(browser: httpx.Client) -> None:
    assert open_chat(browser, new=True) != open_chat(browser, new=True)


def test_home_lists_every_chat_whatever_name_it_was_started_with(browser: httpx.Client) -> None:
    ann, bob = open_chat(browser, "Ann"), open_chat(browser, "Bob <b>")
    home = browser.get("/").text
    assert home.index(bob) < home.index(ann), "newest first"


def test_a_new_chat_beside_another_one_takes_the_name_this_session_goes_by(
    browser: httpx.Client,
) -> None:
    first = open_chat(browser, "Ann <b>")
    started = browser.post("/chats", data={"new": "1"})
    assert started.status_code == 303
    assert started.headers["location"] != first
    assert open_chat(browser, "Ann <b>", new=False) == started.headers["location"]


def test_without_a_session_a_name_is_asked_for(url: str) -> None:
    with httpx.Client(base_url=url) as nobody:
        refused = nobody.post("/chats", data={"new": "1"})
    assert refused.status_code == 422
    assert "Please give a name" in refused.text


def test_a_chat_is_listed_under_the_first_line_of_its_first_message(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    send(browser, chat, "What is an API?\nIn one line.")
    wait_until_final(browser, chat)
    assert "What is an API?" in browser.get("/").text


def test_more_than_fifty_chats_are_paged(browser: httpx.Client) -> None:
    chats = [open_chat(browser) for _ in range(51)]
    home = browser.get("/").text
    assert chats[0] not in home
    older = home.split('href="/?before=')[1].split('"')[0]
    assert chats[0] in browser.get("/", params={"before": older}).text


def test_another_browser_sees_none_of_my_chats(browser: httpx.Client, url: str) -> None:
    chat = open_chat(browser)
    with httpx.Client(base_url=url) as stranger:
        open_chat(stranger, "Ann")
        assert chat not in stranger.get("/").text
        assert open_chat(stranger, "Ann", new=False) != chat


def test_a_session_that_ended_gives_way_to_a_new_one(
    browser: httpx.Client, db_api: DbApiServer
) -> None:
    chat = open_chat(browser)
    db_api.psql(END_SESSIONS)
    assert browser.get(chat).status_code == 401
    again = open_chat(browser)
    assert browser.get(again).status_code == 200
    assert chat not in browser.get("/").text


def test_home_says_that_a_session_has_ended(browser: httpx.Client, db_api: DbApiServer) -> None:
    open_chat(browser)
    db_api.psql(END_SESSIONS)
    home = browser.get("/")
    assert home.status_code == 200
    assert "Your session has ended" in home.text


def test_a_forged_cookie_is_no_session(browser: httpx.Client, url: str) -> None:
    chat = open_chat(browser)
    forged = browser.cookies["parley"][:-2] + "xx"
    with httpx.Client(base_url=url, cookies={"parley": forged}) as stranger:
        assert stranger.get(chat).status_code == 404


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(browser: httpx.Client) -> None:
    response = browser.post("/chats", data={"username": "Ann"})
    cookie = response.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert f"max-age={90 * 24 * 3600}" in cookie
