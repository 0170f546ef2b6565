"""Sending a message: once, whole, in order, and answered."""

from concurrent.futures import ThreadPoolExecutor
from unittest.mock import Mock

import httpx
import pytest
from app.clients.messages import MessagesClient
from app.errors import ChatsFull, LimitReached, QueueFull, TooMuch

from tests.chat_ui.support import (
    OPENING,
    SCRIPT,
    DbApiServer,
    ScriptedModel,
    articles,
    ask,
    client_key,
    expect,
    form_action,
    generate,
    links,
    messages,
    send,
    stop_address,
    text_of,
    wait_for,
    wait_until_final,
)


def post(
    browser: httpx.Client,
    address: str,
    prompt: str,
    key: str,
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    return browser.post(address, data={"prompt": prompt, "client_key": key}, headers=headers)


def expect_sent(response: httpx.Response) -> str:
    """The chat it leads to."""
    expect(response, 303)
    return response.headers["location"]


def test_a_question_is_answered_and_the_model_gets_what_was_typed_after_prompt_and_history(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    form = {"prompt": "One\r\ntwo", "client_key": "k", "temperature": "9", "messages": "[]"}
    response = browser.post(generate(chat), data=form)
    assert (response.status_code, response.headers["location"]) == (303, f"{chat}#end")
    assert messages(wait_until_final(browser, chat)) == [OPENING, "One\ntwo", model.text]
    assert model.requests[0].pop("messages") == [
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "assistant", "content": OPENING},
        {"role": "user", "content": "One\ntwo"},
    ]
    assert model.requests[0] == {
        "stream": True, "stream_options": {"include_usage": True}, "return_progress": True,
        "cache_prompt": True, "max_tokens": 512, "temperature": 0.7,
    }, "and nothing else"  # fmt: skip


def test_the_next_turn_repeats_the_last_ones_prompt_to_the_byte(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    model.text = "Line one.\n\n  Indented, trailing  "
    for prompt in ("first", "second"):
        ask(browser, chat, prompt)
    first, second = (request["messages"] for request in model.requests)
    assert second[: len(first) + 1] == [*first, {"role": "assistant", "content": model.text}]


def test_the_same_form_posted_twice_stores_and_answers_once(
    browser: httpx.Client, address: str, model: ScriptedModel
) -> None:
    with ThreadPoolExecutor(20) as pool:
        sent = list(pool.map(lambda _: post(browser, address, "Hi", "the same key"), range(20)))
    (chat,) = {expect_sent(response) for response in sent}
    assert messages(wait_until_final(browser, chat)) == [OPENING, "Hi", model.text]
    assert len(model.requests) == 1


def test_the_same_form_with_other_text_is_shown_again_with_a_fresh_key(
    browser: httpx.Client, address: str
) -> None:
    chat, edited = expect_sent(post(browser, address, "first", "k")), "edited after Back"
    page = expect(post(browser, address, edited, "k"), 409, kept=edited)
    assert form_action(page, address) == address
    assert client_key(page) != "k"
    script = post(browser, address, edited, "k", SCRIPT)
    assert client_key(expect(script, 409, 'id="notices"')) != "k"
    again = expect_sent(post(browser, address, edited, client_key(page)))
    assert (again == chat) == (address != "/chats")
    assert edited in messages(browser.get(again).text)
    assert expect_sent(post(browser, address, "first", "k")) == chat


@pytest.mark.parametrize(
    "refusal", [QueueFull(limit=9, retry_after=5), LimitReached("tokens", limit=9, retry_after=5)]
)
def test_a_limit_is_explained_and_the_text_and_its_key_stay(
    browser: httpx.Client, address: str, monkeypatch: pytest.MonkeyPatch, refusal: TooMuch
) -> None:
    with monkeypatch.context() as patched:
        for call in ("send", "begin"):
            patched.setattr(MessagesClient, call, Mock(side_effect=refusal))
        response = post(browser, address, "precious words", "kept")
    page = expect(response, 429, "about 5 seconds", kept="precious words")
    assert (client_key(page), response.headers["retry-after"]) == ("kept", "5")
    expect_sent(post(browser, address, "precious words", "kept"))


def test_chats_that_take_all_their_room_are_told_how_much_that_is_and_keep_the_text(
    browser: httpx.Client, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for call in ("send", "begin"):
        monkeypatch.setattr(MessagesClient, call, Mock(side_effect=ChatsFull(limit=2_000_000)))
    expect(post(browser, address, "precious words", "kept"), 413, "2 MB", kept="precious words")


def test_a_script_gets_both_messages_a_fresh_key_and_the_title_that_the_first_one_gave(
    browser: httpx.Client, chat: str
) -> None:
    form = {"prompt": "Why <b>?\nPlease.", "client_key": "k"}
    response = browser.post(generate(chat), data=form, headers=SCRIPT)
    page = expect(response, 200, "<title>Why &lt;b&gt;? · Parley</title>", 'id="chat-title"')
    assert [article.role for article in articles(page)] == ["user", "assistant"]
    assert client_key(page) != "k"
    reload = browser.get(generate(chat))
    assert (reload.status_code, reload.headers["location"]) == (303, chat)


def test_messages_sent_in_a_row_are_answered_in_order_but_those_that_were_stopped(
    browser: httpx.Client, chat: str, model: ScriptedModel, half_written: str
) -> None:
    for prompt in ("second", "third", "fourth"):
        expect(send(browser, chat, prompt), 303)
    queued = articles(wait_for(browser, chat, "Queued, "))
    stop, third = stop_address(half_written), stop_address(queued[6].html)
    expect(browser.post(third), 303)
    expect(browser.post(stop, headers=SCRIPT), 204)
    model.go.set()
    page = wait_until_final(browser, chat)
    assert messages(page)[2::2] == ["one two", model.text, "", model.text], "it keeps what it had"
    assert page.count("Stopped.") == 2
    assert [r["messages"][-1]["content"] for r in model.requests] == ["Count", "second", "fourth"]
    assert browser.post(stop).headers["location"] == f"{chat}#end", "which changes nothing"


def test_a_long_chat_shows_the_newest_thirty_and_leads_to_the_earlier_ones(
    browser: httpx.Client, chat: str
) -> None:
    for number in range(16):
        page = ask(browser, chat, f"message {number}.")
    assert len(messages(page)) == 30
    earlier = next(link for link in links(page) if "?before=" in link)
    assert messages(browser.get(earlier).text) == [OPENING, "message 0.", "A scripted reply."]
    assert "message 0." not in messages(page)


# Forty messages of the greatest length, each letter of which is five in HTML.
FILL = """
WITH made AS (
    SELECT n, uuidv7() AS id FROM generate_series(2, 41) AS n
), written AS (
    INSERT INTO messages (id, chat_id, session_id, seq, parent_id, role, content)
    SELECT made.id, chats.id, session_id, n, coalesce(lag(made.id) OVER (ORDER BY n), head),
        'user', repeat('"', 32768)
    FROM made, chats WHERE chats.id = '{chat}'
)
UPDATE chats SET last_seq = n, head = made.id FROM made WHERE n = 41 AND chats.id = '{chat}'
"""
MOST_BYTES = 1_200_000


def test_pages_and_streams_are_bounded_by_their_text_and_lead_to_every_message_once(
    browser: httpx.Client, chat: str, db_api: DbApiServer
) -> None:
    db_api.sql(FILL.format(chat=chat.removeprefix("/chats/")))
    seen: list[int] = []
    address: str | None = chat
    while address:
        page = browser.get(address).text
        assert len(page) < MOST_BYTES
        seen = [article.seq for article in articles(page)] + seen
        address = next((link for link in links(page) if "?before=" in link), None)
    assert seen == list(range(1, 42))
    stream = browser.get(f"{chat}/events").text
    assert len(stream) < MOST_BYTES
    assert stream.count("event: message") == 6


@pytest.mark.parametrize(
    ("before", "words", "offered", "not_offered"),
    [
        (0, "Edit your message and shorten it by about ", "?edit=", "/again"),
        (5, "Send a shorter one, or start a new chat.", "/again", "?edit="),
    ],
)
def test_what_is_too_long_for_the_model_says_what_to_shorten(
    browser: httpx.Client,
    chat: str,
    model: ScriptedModel,
    before: int,
    words: str,
    offered: str,
    not_offered: str,
) -> None:
    for _ in range(before):
        ask(browser, chat, "x" * 100)
    model.context = 90
    question, failed = articles(ask(browser, chat, "y" * 100))[-2:]
    assert words in text_of(failed.html)
    for html in (failed.html, browser.get(f"{chat}/messages/{failed.id}").text):
        assert offered in html
        assert not_offered not in html
    assert (f"{chat}?edit={question.id}#m-{question.id}" in links(failed.html)) == (before == 0)
