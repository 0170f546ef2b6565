"""Whatever is sent: a clear page, the right status, nothing lost, never a 5xx."""

import html
import re
import socket
import uuid

import httpx
import pytest
from app.forms import WITHOUT_SESSION, parse_urlencoded

from tests.chat_ui.support import (
    OPENING,
    DbApiServer,
    articles,
    ask,
    client_key,
    expect,
    generate,
    links,
    message_ids,
    messages,
    open_chat,
    send,
)

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Please enter a name"),
        (" \t ", "Please enter a name"),
        ("x" * 10_000, "at most 80 characters; this one has 10,000"),
        ("\u200b\u2060", "Please enter a name"),
        ("two\nlines", "control characters"),
        ("\u202eturned", "control characters"),
    ],
)
def test_a_name_that_will_not_do_is_explained(
    newcomer: httpx.Client, name: str, words: str
) -> None:
    expect(newcomer.post("/chats", data={"username": name}), 422, words)
    assert not newcomer.cookies


def test_any_ordinary_name_will_do(browser: httpx.Client) -> None:
    for name in ("Zoë", "李雷", "👩‍🚀", "O'Brien & <Söhne>", "x" * 80):
        assert open_chat(browser, name) == open_chat(browser, name, new=False)


@pytest.mark.parametrize("chat", [str(uuid.uuid4()), "not-an-id", "..%2f..%2fetc", "0" * 5000])
@pytest.mark.parametrize("visitor", ["newcomer", "stranger"])
def test_an_unknown_chat_is_a_page_that_is_not_there(
    request: pytest.FixtureRequest, chat: str, visitor: str
) -> None:
    browser = request.getfixturevalue(visitor)
    for path in (f"/chats/{chat}", f"/chats/{chat}/events", f"/chats/{chat}/live"):
        expect(browser.get(path), 404, "not found")
    for path in (f"/generate/{chat}", f"/chats/{chat}/replies/{uuid.uuid4()}/stop"):
        expect(browser.post(path, data={"prompt": "Hi"}), 404, "not found")


def test_somebody_elses_chat_looks_like_one_that_does_not_exist(
    browser: httpx.Client, chat: str, stranger: httpx.Client
) -> None:
    reply = message_ids(ask(browser, chat, "mine"))[-1]
    for path in ("", "/events", "/live", "/export.json", "/export.md", f"/messages/{reply}"):
        none = stranger.get(f"/chats/{uuid.uuid4()}{path}")
        assert expect(stranger.get(chat + path), 404) == none.text
    form = {"prompt": "Hi", "client_key": "k", "message": reply, "title": "Mine"}
    for path in (
        *(f"{chat}/replies/{reply}/{action}" for action in ("again", "continue", "stop")),
        *(generate(chat), f"{chat}/head", f"{chat}/messages/{reply}/delete", f"{chat}/delete"),
        *(f"{chat}/rename", f"{chat}/pin"),
    ):
        expect(stranger.post(path, data=form), 404)
    assert messages(browser.get(chat).text) == [OPENING, "mine", "A scripted reply."]
    assert chat not in stranger.get("/").text
    assert open_chat(stranger, "Ann", new=False) != chat


@pytest.mark.parametrize(
    ("prompt", "status", "words"),
    [
        ("", 422, "Write a message first"),
        ("\r\n\t ", 422, "Write a message first"),
        ("é" * 16_385, 413, "has 32,770 bytes, and the limit is 32,768."),
        ("x" * 1_000_000, 413, "far too long"),  # which is seen before it is read whole
        # As JSON it is larger than any request to db-api may be.
        (
            "\x01" * 40_000,
            413,
            "Too long: shorten it by about 24,000 characters, or attach it as a file.",
        ),
    ],
)
def test_a_prompt_that_will_not_do_is_explained_and_kept_if_it_was_read(
    browser: httpx.Client, chat: str, address: str, prompt: str, status: int, words: str
) -> None:
    kept = None if len(prompt) > 100_000 else prompt.strip()
    form = {"prompt": prompt, "client_key": "k"}
    expect(browser.post(address, data=form), status, words, kept=kept)
    assert messages(browser.get(chat).text) == [OPENING]
    assert not [link for link in links(browser.get("/").text) if link.startswith("/chats/")]


@pytest.mark.parametrize("raw", [b"%ff%fe", b"\xff", b"%ed%a0%80", b"%c3", b"a%00b"])
@pytest.mark.parametrize("field", [b"prompt", b"username"])
def test_broken_utf8_and_nul_are_refused_clearly(
    browser: httpx.Client, chat: str, raw: bytes, field: bytes
) -> None:
    path = generate(chat) if field == b"prompt" else "/chats"
    expect(browser.post(path, content=field + b"=" + raw, headers=FORM), 422, "Nothing was sent")
    assert messages(browser.get(chat).text) == [OPENING]


@pytest.mark.parametrize(
    "prompt",
    [
        "\x01\x02\x1b[31mred\x7f\x85",
        "\u202eright to left\u202c",
        "語" * (32_768 // 3) + "ab",  # exactly the limit, every byte of it encoded
        "<script>alert(1)</script> & &amp; \"'",
        "\n\n  leading and trailing  \n\n",
        "🏳️‍🌈 Z͑͗a͛l̈́g̐o",
    ],
)
def test_odd_text_comes_back_as_it_was_sent(browser: httpx.Client, chat: str, prompt: str) -> None:
    page = ask(browser, chat, prompt)
    assert "<script>alert" not in page
    assert html.unescape(articles(page)[1].body) == prompt


@pytest.mark.parametrize(
    ("fault", "status"),
    [("DELETE FROM chats", 404), ("UPDATE sessions SET revoked_at = now()", 401)],
)
def test_text_for_a_chat_or_session_that_is_gone_is_there_to_be_copied(
    browser: httpx.Client, chat: str, db_api: DbApiServer, fault: str, status: int
) -> None:
    db_api.sql(fault)
    expect(send(browser, chat, "precious words", "k"), status, kept="precious words")


@pytest.mark.parametrize("ended", [True, False])
def test_text_that_was_to_begin_a_chat_without_a_session_is_there_to_be_copied(
    browser: httpx.Client, chat: str, newcomer: httpx.Client, db_api: DbApiServer, ended: bool
) -> None:
    db_api.sql("UPDATE sessions SET revoked_at = now()")
    form = {"prompt": "precious words", "client_key": "k"}
    response = (browser if ended else newcomer).post("/chats", data=form)
    expect(response, 401, "Your session has ended", kept="precious words")


def test_without_a_session_no_form_is_read_that_is_not_short(newcomer: httpx.Client) -> None:
    """Each is answered although most of it never comes."""
    paths = newcomer.get("/openapi.json").json()["paths"]
    address = (newcomer.base_url.host, newcomer.base_url.port)
    for path in (path for path, operations in paths.items() if "post" in operations):
        target = re.sub(r"\{\w+\}", str(uuid.uuid4()), path)
        head = f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 130000\r\n"
        form = f"Content-Type: {FORM['Content-Type']}\r\n\r\n".ljust(WITHOUT_SESSION + 200, "x")
        with socket.create_connection(address, timeout=30) as connection:
            connection.sendall((head + form).encode())
            assert re.match(rb"HTTP/1.1 40[14]", connection.recv(65_536)), path


def test_a_long_text_without_a_session_is_in_the_browser_still(newcomer: httpx.Client) -> None:
    form = {"prompt": "x" * WITHOUT_SESSION, "client_key": "k"}
    expect(newcomer.post("/chats", data=form), 401, "Go back in your browser to copy it")


@pytest.mark.parametrize("form", ["a&" * 251, "prompt=" + "%" * 1001])
def test_a_form_that_no_page_of_ours_sends_is_refused(
    browser: httpx.Client, chat: str, form: str
) -> None:
    expect(browser.post(generate(chat), content=form, headers=FORM), 422, "Invalid request")


@pytest.mark.parametrize("text", ["Zürich 🦊", "e\u0301", "\ufeffa", "a%zz%", "\\x41\\"])
def test_text_is_kept_when_it_comes_without_percent_signs(
    browser: httpx.Client, chat: str, text: str
) -> None:
    """As curl's `-d` sends it."""
    browser.post(generate(chat), content=b"prompt=" + text.encode(), headers=FORM)
    assert messages(browser.get(chat).text)[1] == text


def test_a_stream_begins_behind_no_message_before_the_first(
    browser: httpx.Client, chat: str
) -> None:
    assert browser.get(f"{chat}/events", params={"since": -1}).status_code == 422


def test_where_nothing_is_between_two_ampersands_there_is_no_field() -> None:
    assert parse_urlencoded(b"&a=1&&b=&").multi_items() == [("a", "1"), ("b", "")]


def test_multipart_is_a_form_but_neither_a_file_nor_json_is_a_message(
    browser: httpx.Client, chat: str
) -> None:
    address = generate(chat)
    expect(browser.post(address, files={"prompt": ("a.txt", b"Hi")}), 400)
    expect(browser.post(address, json={"prompt": "Hi"}), 422)
    expect(browser.post(address, files={"prompt": (None, "Hi"), "client_key": (None, "k")}), 303)


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/"), ("PUT", "/chats"), ("POST", "/health")]
)
def test_a_wrong_method_is_a_page_too(newcomer: httpx.Client, method: str, path: str) -> None:
    expect(newcomer.request(method, path), 405, "home page")
    assert expect(newcomer.head("/"), 200) == "", "HEAD is GET without a body"


def test_a_broken_link_or_form_is_refused_and_what_was_typed_kept(
    browser: httpx.Client, chat: str
) -> None:
    unknown = str(uuid.uuid4())
    for before, status in (("x", 422), (unknown, 404)):
        expect(browser.get("/chats", params={"before": before}), 422)
        expect(browser.get(chat, params={"before": before}), status)
    expect(browser.post(f"{chat}/head", data={"message": ""}), 422)
    expect(browser.get(f"{chat}/messages/{unknown}"), 404)
    expect(send(browser, chat, "Hi", "k" * 65), 422, "longer than 64 characters")
    for field in ("seen", "replaces"):
        form = {"prompt": "precious words", "client_key": "k", field: "nonsense"}
        expect(browser.post(generate(chat), data=form), 422, kept="precious words")


@pytest.mark.parametrize(
    ("headers", "stored"), [({"X-Request-ID": "the gateway's" * 6}, 1), ({"X-Request-ID": ""}, 2)]
)
def test_a_form_without_a_key_is_sent_once_per_request_of_the_gateway(
    browser: httpx.Client, chat: str, headers: dict[str, str], stored: int
) -> None:
    for _ in range(2):
        expect(browser.post(generate(chat), data={"prompt": "Hi"}, headers=headers), 303)
    page = browser.get(chat).text
    assert messages(page).count("Hi") == stored
    assert client_key(page)
