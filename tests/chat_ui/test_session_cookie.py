"""The session's cookie with TLS, without it, and when it is turned on or off."""

from collections.abc import Iterator

import httpx
import pytest

from tests.chat_ui.support import DbApiServer, StartBriefly, expect, new_browser, open_chat

PLAIN, SECURE = "parley", "__Host-parley"
HTTPS = {"X-Forwarded-Proto": "https"}


def cookies_set(response: httpx.Response) -> dict[str, str]:
    """By name: the value and all that is said of it. `""` if it is deleted."""
    pairs = [line.split("=", 1) for line in response.headers.get_list("set-cookie")]
    return {name: "" if rest.startswith("null;") else rest for name, rest in pairs}


def value_of(cookie: str) -> str:
    return cookie.split(";")[0]


def ask(url: str, path: str, https: bool = True, **cookies: str) -> httpx.Response:
    """A page, as a browser that keeps these cookies."""
    names = {"parley": PLAIN, "secure": SECURE}
    sent = "; ".join(f"{names[name]}={value}" for name, value in cookies.items())
    with new_browser(url) as browser:
        return browser.get(path, headers={"Cookie": sent} | (HTTPS if https else {}))


def begin(url: str, https: bool) -> tuple[str, str]:
    """A new chat, and the value of the only cookie that came with it."""
    with new_browser(url) as browser:
        response = browser.post("/chats", data={"username": "Ann"}, headers=HTTPS if https else {})
    ((name, cookie),) = cookies_set(response).items()
    assert name == (SECURE if https else PLAIN)
    assert ("secure" in cookie) == https
    assert {"path=/", "httponly", "samesite=lax"} <= set(cookie.split("; "))
    assert "domain" not in cookie.lower()
    return response.headers["location"], value_of(cookie)


@pytest.fixture(scope="module")
def ending(db_api: DbApiServer, serve_chat_ui: StartBriefly) -> Iterator[str]:
    """A copy of chat-ui that is told that TLS will be turned off."""
    with serve_chat_ui(db_api_url=db_api.url, runner="off", tls_off_soon="on") as url:
        yield url


def test_over_https_the_cookie_is_kept_for_https_and_this_host(url: str) -> None:
    chat, value = begin(url, https=True)
    expect(ask(url, chat, secure=value), 200)
    expect(ask(url, chat, https=False, secure=value), 404)


def test_when_tls_is_turned_on_the_old_cookie_is_accepted_once_and_replaced(url: str) -> None:
    chat, value = begin(url, https=False)
    response = ask(url, chat, parley=value)
    expect(response, 200)
    told = cookies_set(response)
    assert told[PLAIN] == ""
    assert "secure" in told[SECURE]
    again = ask(url, chat, secure=value_of(told[SECURE]))
    expect(again, 200)
    assert cookies_set(again) == {}


def test_nobody_on_the_network_can_put_another_session_in_its_place(url: str) -> None:
    """Over plain http they can set the plain cookie; it counts only where there is no other."""
    chat, value = begin(url, https=True)
    _, theirs = begin(url, https=False)
    response = ask(url, chat, parley=theirs, secure=value)
    expect(response, 200)
    assert cookies_set(response) == {}


def test_a_cookie_that_we_have_not_signed_is_not_replaced(url: str) -> None:
    chat, value = begin(url, https=False)
    response = ask(url, chat, parley=value[:-1] + "~")
    expect(response, 404)
    assert cookies_set(response) == {}


def test_before_tls_is_turned_off_the_page_says_so_and_browsers_get_the_plain_cookie(
    url: str, ending: str
) -> None:
    chat, value = begin(url, https=True)
    response = ask(ending, "/", secure=value)
    expect(response, 200, "Your chats stay in every browser")
    told = cookies_set(response)
    assert "secure" in told[SECURE]
    assert "secure" not in told[PLAIN]
    assert "httponly" in told[PLAIN]
    expect(ask(url, chat, https=False, parley=value_of(told[PLAIN])), 200)  # it is off now
    again = ask(ending, chat, secure=value_of(told[SECURE]), parley=value_of(told[PLAIN]))
    assert cookies_set(again) == {}
    assert "Your chats stay in every browser" not in ask(url, "/", secure=value).text


def test_no_other_cookie_is_doubled_before_tls_is_turned_off(url: str, ending: str) -> None:
    _, value = begin(url, https=True)
    with new_browser(ending) as browser:
        headers = {"Cookie": f"{SECURE}={value}"} | HTTPS
        told = browser.post("/settings", data={"name": "Ann", "theme": "dark"}, headers=headers)
    names = [line.split("=")[0] for line in told.headers.get_list("set-cookie")]
    assert len(names) == len({*names, PLAIN, SECURE}) > 2


def test_when_all_data_is_deleted_both_cookies_are(url: str, ending: str) -> None:
    for at in (url, ending):
        _, value = begin(url, https=True)
        with new_browser(at) as browser:
            cookies = {"Cookie": f"{SECURE}={value}; {PLAIN}={value}"}
            gone = browser.post("/settings/forget", data={"sure": "yes"}, headers=HTTPS | cookies)
        assert cookies_set(gone) == {SECURE: "", PLAIN: ""}


def test_over_plain_http_nothing_changes(url: str, newcomer: httpx.Client) -> None:
    chat = open_chat(newcomer)
    assert list(newcomer.cookies) == [PLAIN]
    expect(newcomer.get(chat), 200)


SYSTEMS = ("windows", "macos", "ios", "android", "linux", "firefox")


def test_every_system_has_a_page_on_how_to_trust_our_own_root(
    db_api: DbApiServer, serve_chat_ui: StartBriefly
) -> None:
    copy = serve_chat_ui(db_api_url=db_api.url, runner="off", tls="local")
    with copy as url, new_browser(url) as browser:
        overview = expect(browser.get("/certificate"), 200)
        for system in SYSTEMS:
            assert f'href="/certificate/{system}"' in overview
            page = browser.get(f"/certificate/{system}")
            expect(page, 200, 'href="/certificate/parley.crt"', "fingerprint")
        expect(browser.get("/certificate/beos"), 404)
        expect(browser.get("/settings"), 200, 'href="/certificate"')


def test_where_there_is_no_root_of_our_own_there_is_nothing_to_trust(
    newcomer: httpx.Client,
) -> None:
    expect(newcomer.get("/certificate"), 404)
    expect(newcomer.get("/certificate/linux"), 404)
    assert "/certificate" not in newcomer.get("/settings").text
