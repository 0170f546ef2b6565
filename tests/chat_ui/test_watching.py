"""Watching a reply grow: by server-sent events, or on the live page without JavaScript."""

from collections.abc import Callable
from contextlib import ExitStack
from types import SimpleNamespace
from unittest.mock import AsyncMock

import httpx
import pytest
from app.clients.limits import LimitsClient
from app.main import CALLS_AT_ONCE

from tests.chat_ui.support import (
    DbApiServer,
    Event,
    ScriptedModel,
    articles,
    ask,
    client_key,
    events,
    expect,
    links,
    messages,
    open_chat,
    send,
    stop_address,
    text_of,
    wait_for,
    wait_until,
    wait_until_final,
)

REFRESH = '<meta http-equiv="refresh" content="0; url='


def shown_text(told: list[Event]) -> str:
    """What a script that follows these events shows of the last message, tags removed."""
    closed, growing = "", ""
    for name, data in told:
        if name == "message":
            closed, growing = articles(data["html"])[0].text, ""
        elif name == "text":
            closed, growing = closed + text_of(data["closed"]), text_of(data["open"])
    return (closed + growing).strip()


def watch_live(browser: httpx.Client, chat: str, see: Callable[[str], None]) -> str:
    """The whole live page; `see` is shown what has come after each piece."""
    page = ""
    with browser.stream("GET", f"{chat}/live") as stream:
        assert stream.headers["x-accel-buffering"] == "no"
        for piece in stream.iter_text():
            page += piece
            see(page)
    return page


def test_words_are_shown_while_the_model_still_writes_and_are_stored_before(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    model.text, model.pace, model.hold_after = " ".join(map(str, range(40))) + " done", 0.02, 20
    send(browser, chat, "Hi")
    told: list[Event] = []
    for event in events(browser, chat):
        told.append(event)
        if event[0] == "text":
            assert messages(browser.get(chat).text)[-1].startswith(shown_text(told))
        if not model.go.is_set() and "19" in shown_text(told):
            assert model.running == 1, "the model should still be writing"
            model.go.set()
    assert told[-1][0] == "end"
    assert shown_text(told) == model.text


@pytest.mark.usefixtures("half_written")
def test_a_stream_begins_with_a_snapshot_and_who_leaves_it_changes_nothing(
    browser: httpx.Client, chat: str, stranger: httpx.Client, model: ScriptedModel
) -> None:
    for _ in range(2):
        stream = events(browser, chat, since=2)
        name, data = next(stream)
        assert (name, "one two" in data["html"]) == ("message", True)
        for path in ("events", "live"):
            expect(stranger.get(f"{chat}/{path}"), 404)  # not even while the owner watches
    model.go.set()
    wait_for(browser, chat, model.text)
    assert [name for name, _ in events(browser, chat)] == ["message"] * 3 + ["end"]


def test_a_second_message_appears_on_an_open_stream_with_what_it_waits_for(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    model.hold_after = 0
    send(browser, chat, "first")
    told = ""
    for name, data in events(browser, chat):
        if not told:
            send(browser, chat, "second")
        told += f"{name} {data}"
        if "Queued, 1st in line" in told:
            model.go.set()
    assert "second" in told
    assert model.go.is_set()
    assert messages(browser.get(chat).text)[-2:] == ["second", model.text]


@pytest.mark.usefixtures("half_written")
@pytest.mark.parametrize(
    ("fault", "state"),
    [("DELETE FROM chats", None), ("UPDATE sessions SET revoked_at = now()", "complete")],
)
def test_a_chat_or_session_that_goes_ends_the_stream_and_only_the_chats_reply_with_it(
    browser: httpx.Client,
    chat: str,
    model: ScriptedModel,
    db_api: DbApiServer,
    fault: str,
    state: str | None,
) -> None:
    stream = events(browser, chat, since=2)
    next(stream)
    db_api.sql(fault)
    assert [name for name, _ in stream][-1] == "end", "while the model still writes"
    if state:
        model.go.set()
    wait_until(lambda: model.running == 0)
    chats = f"chat_id = '{chat.removeprefix('/chats/')}'"
    wait_until(lambda: db_api.sql(f"SELECT max(state) FROM replies WHERE {chats}") == state)


def test_pages_open_while_more_chats_are_followed_than_calls_may_run(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    model.hold_after = 0
    chats = [open_chat(browser) for _ in range(CALLS_AT_ONCE + 5)]
    with ExitStack() as streams:
        for chat in chats:
            send(browser, chat, "Hi")
            streams.enter_context(browser.stream("GET", f"{chat}/events"))
        expect(browser.get(chats[0]), 200)
        model.go.set()


@pytest.mark.parametrize("way", ["events", "live"])
def test_no_more_streams_are_open_at_once_than_db_api_tells(
    browser: httpx.Client, chat: str, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(LimitsClient, "find", AsyncMock(return_value=SimpleNamespace(streams=0)))
    response = browser.get(f"{chat}/{way}")
    expect(response, 429, "You have 0 pages open", "Back to the chat")
    assert response.headers["retry-after"] == "10"


def test_without_javascript_the_chats_page_leads_to_the_live_one_and_that_back(
    browser: httpx.Client, chat: str, model: ScriptedModel, half_written: str
) -> None:
    leads_on = f'<noscript>{REFRESH}{chat}/live"></noscript>'
    assert leads_on in half_written
    send(browser, chat, "Again")

    def see(page: str) -> None:
        assert page.startswith("<!doctype html>")
        if "one two" in page and not model.go.is_set():
            assert "four" not in page
            stay = browser.get(next(link for link in links(page) if "live=no" in link)).text
            assert "refresh" not in stay
            assert client_key(stay), "one can write meanwhile"
            model.text = "<five> & six"
            model.go.set()

    page = watch_live(browser, chat, see)
    assert [article.role for article in articles(page)] == ["user", "assistant"] * 2
    assert "one two three four" in page
    assert "&lt;five&gt; &amp; six" in page
    assert f'{REFRESH}{chat}#end">' in page
    assert f"{chat}#end" in links(page)
    assert leads_on not in wait_until_final(browser, chat)


def test_the_live_page_begins_with_the_last_question_also_when_it_is_answered(
    browser: httpx.Client, chat: str, model: ScriptedModel
) -> None:
    ask(browser, chat, "First")
    model.text, model.hold_after = "one two three four", 2
    send(browser, chat, "Second")
    growing = watch_live(browser, chat, lambda _: model.go.set())
    for page in (growing, browser.get(f"{chat}/live").text):
        assert [article.role for article in articles(page)] == ["user", "assistant"]
        assert text_of(page).index("Second") < text_of(page).index(model.text)


def test_without_javascript_one_can_stop_a_reply_that_grows(
    browser: httpx.Client, chat: str, half_written: str
) -> None:
    stopped: list[httpx.Response] = []

    def see(page: str) -> None:
        if "Stop</button>" in page and not stopped:
            stopped.append(browser.post(stop_address(page)))

    assert "Stopped." in watch_live(browser, chat, see)
    assert stopped[0].headers["location"] == f"{chat}#end"


def test_a_browser_that_knows_no_hidden_attribute_is_shown_no_false_alarm(
    browser: httpx.Client, chat: str
) -> None:
    page = text_of(browser.get(chat).text)
    for words in ("out of reach", "any more", "was not sent", "too long"):
        assert words not in page
