"""Whatever is sent: a clear page, the right status, nothing lost, never a 5xx."""

import html
import uuid

import httpx
import pytest

from tests.chat_ui.conftest import OPENING, DbApiServer, Start
from tests.support.person import (
    client_key,
    generate,
    messages,
    open_chat,
    send,
    wait_until_final,
)

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Please give a name"),
        (" \t ", "Please give a name"),
        ("x" * 10_000, "this one has 10000"),
        ("\u200b\u2060", "Please give a name"),
        ("two\nlines", "control characters"),
        ("\x1b[31m", "control characters"),
    ],
)
def test_a_name_that_will_not_do_is_explained_and_kept(
    browser: httpx.Client, name: str, words: str
) -> None:
    response = browser.post("/chats", data={"username": name})
    assert response.status_code == 422
    assert words in response.text
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize("name", ["Zoë", "李雷", "👩‍🚀", "O'Brien & <Söhne>", "x" * 80])
def test_any_ordinary_name_will_do(browser: httpx.Client, name: str) -> None:
    chat = open_chat(browser, name)
    assert open_chat(browser, name, new=False) == chat


@pytest.mark.parametrize("chat", [str(uuid.uuid4()), "not-an-id", "..%2f..%2fetc", "0" * 5000])
@pytest.mark.parametrize("session", [True, False])
def test_an_unknown_chat_is_a_page_that_is_not_there(
    browser: httpx.Client, chat: str, session: bool
) -> None:
    if session:
        open_chat(browser)
    stop = f"/chats/{chat}/replies/{uuid.uuid4()}/stop"
    for method, path in (
        ("GET", f"/chats/{chat}"),
        ("GET", f"/chats/{chat}/events"),
        ("GET", f"/chats/{chat}/live"),
        ("POST", f"/generate/{chat}"),
        ("POST", stop),
    ):
        response = browser.request(
            method, path, data={"prompt": "Hi"} if method == "POST" else None
        )
        assert response.status_code == 404, path
        assert "isn't there" in response.text


def test_somebody_elses_chat_looks_like_one_that_does_not_exist(
    browser: httpx.Client, url: str
) -> None:
    chat = open_chat(browser)
    unknown = f"/chats/{uuid.uuid4()}"
    with httpx.Client(base_url=url) as stranger:
        open_chat(stranger)
        for path in ("", "/events", "/live"):
            theirs, none = stranger.get(chat + path), stranger.get(unknown + path)
            assert (theirs.status_code, theirs.text) == (none.status_code, none.text)
        theirs = stranger.post(generate(chat), data={"prompt": "Hi", "client_key": "k"})
        assert theirs.status_code == 404
    assert messages(browser.get(chat).text) == [OPENING]


@pytest.mark.parametrize("prompt", ["", "   ", "\r\n\t "])
def test_an_empty_prompt_is_not_sent(browser: httpx.Client, prompt: str) -> None:
    chat = open_chat(browser)
    response = send(browser, chat, prompt)
    assert response.status_code == 422
    assert "Write a message first" in response.text
    assert messages(browser.get(chat).text) == [OPENING]


def test_a_prompt_over_the_limit_says_both_sizes_and_keeps_the_text(
    start_chat_ui: Start,
) -> None:
    with httpx.Client(base_url=start_chat_ui(message_limit=100)) as browser:
        chat = open_chat(browser)
        prompt = "é" * 51
        response = send(browser, chat, prompt)
        assert response.status_code == 413
        assert "102 bytes" in response.text
        assert "limit is 100" in response.text
        assert f"{prompt}</textarea>" in response.text


def test_a_prompt_of_exactly_the_limit_is_sent_even_if_every_byte_is_encoded(
    browser: httpx.Client,
) -> None:
    chat = open_chat(browser)
    prompt = "語" * (32_768 // 3) + "ab"
    assert len(prompt.encode()) == 32_768
    assert send(browser, chat, prompt).status_code == 303
    page = wait_until_final(browser, chat)
    assert messages(page)[1] == prompt


def test_a_form_far_over_the_limit_is_refused_before_it_is_read(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    response = send(browser, chat, "x" * 1_000_000)
    assert response.status_code == 413
    assert "far too long" in response.text


@pytest.mark.parametrize("raw", [b"%ff%fe", b"\xff", b"%ed%a0%80", b"%c3", b"a%00b"])
@pytest.mark.parametrize("field", [b"prompt", b"username"])
def test_broken_utf8_and_nul_are_refused_clearly(
    browser: httpx.Client, raw: bytes, field: bytes
) -> None:
    chat = open_chat(browser)
    path = generate(chat) if field == b"prompt" else "/chats"
    response = browser.post(path, content=field + b"=" + raw, headers=FORM)
    assert response.status_code == 422
    assert "Nothing was sent" in response.text
    assert messages(browser.get(chat).text) == [OPENING]


@pytest.mark.parametrize(
    "prompt",
    [
        "\x01\x02\x1b[31mred\x7f\x85",
        "\u202eright to left\u202c",
        "x" * 30_000,
        "<script>alert(1)</script> & &amp; \"'",
        "\n\n  leading and trailing  \n\n",
        "🏳️‍🌈 Z͑͗a͛l̈́g̐o",
    ],
)
def test_odd_text_comes_back_as_it_was_sent(browser: httpx.Client, prompt: str) -> None:
    chat = open_chat(browser)
    send(browser, chat, prompt)
    page = wait_until_final(browser, chat)
    stored = page.split('<div class="body" dir="auto">')[2].split("</div>")[0]
    assert "<script>alert" not in page
    assert html.unescape(stored) == prompt


def test_text_for_a_chat_that_is_gone_is_there_to_be_copied(
    browser: httpx.Client, db_api: DbApiServer
) -> None:
    chat = open_chat(browser)
    db_api.psql("DELETE FROM chats")
    response = send(browser, chat, "precious words", "k")
    assert response.status_code == 404
    assert "precious words</textarea>" in response.text


def test_text_of_a_session_that_ended_is_there_to_be_copied(
    browser: httpx.Client, db_api: DbApiServer
) -> None:
    chat = open_chat(browser)
    db_api.psql("UPDATE sessions SET revoked_at = now()")
    response = send(browser, chat, "precious words", "k")
    assert response.status_code == 401
    assert "precious words</textarea>" in response.text


def test_head_is_answered_like_get_without_a_body(browser: httpx.Client) -> None:
    response = browser.head("/")
    assert (response.status_code, response.content) == (200, b"")


def test_multipart_forms_are_understood(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    fields = {"prompt": (None, "Hi"), "client_key": (None, "multipart")}
    assert browser.post(generate(chat), files=fields).status_code == 303
    wait_until_final(browser, chat)


@pytest.mark.parametrize("text", ["Zürich 🦊", "e\u0301", "\ufeffa", "a%zz"])
def test_text_is_kept_when_it_comes_without_percent_signs(browser: httpx.Client, text: str) -> None:
    """As curl's `-d` sends it."""
    chat = open_chat(browser)
    body = b"prompt=" + text.encode()
    assert browser.post(generate(chat), content=body, headers=FORM).status_code == 303
    assert messages(wait_until_final(browser, chat))[1] == text


def test_a_file_is_no_message(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    response = browser.post(generate(chat), files={"prompt": ("a.txt", b"Hi")})
    assert response.status_code in (400, 422)


def test_nothing_but_json_is_no_form_either(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    assert browser.post(generate(chat), json={"prompt": "Hi"}).status_code == 422


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/"), ("PUT", "/chats"), ("POST", "/health")]
)
def test_a_wrong_method_is_a_page_too(browser: httpx.Client, method: str, path: str) -> None:
    response = browser.request(method, path)
    assert response.status_code == 405
    assert "home page" in response.text


def test_a_malformed_page_link_is_refused(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    assert browser.get("/", params={"before": "x"}).status_code == 422
    assert browser.get(chat, params={"before": "x"}).status_code == 422
    assert browser.get(chat, params={"before": str(uuid.uuid4())}).status_code == 404


def test_a_key_that_is_too_long_is_refused(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    assert send(browser, chat, "Hi", "k" * 65).status_code == 422


def test_a_form_without_a_key_that_the_gateway_sends_twice_is_stored_once(
    browser: httpx.Client,
) -> None:
    chat = open_chat(browser)
    for _ in range(2):
        sent = browser.post(
            generate(chat), data={"prompt": "Hi"}, headers={"X-Request-ID": "the gateway's"}
        )
        assert sent.status_code == 303
    assert messages(wait_until_final(browser, chat)).count("Hi") == 1


def test_a_form_without_a_key_is_sent(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    assert browser.post(generate(chat), data={"prompt": "Hi"}).status_code == 303
    assert client_key(wait_until_final(browser, chat))


@pytest.mark.parametrize("field", ["seen", "replaces"])
def test_a_form_with_a_broken_id_keeps_its_text(browser: httpx.Client, field: str) -> None:
    chat = open_chat(browser)
    form = {"prompt": "precious words", "client_key": "k", field: "nonsense"}
    refused = browser.post(generate(chat), data=form)
    assert refused.status_code == 422
    assert "precious words</textarea>" in refused.text
