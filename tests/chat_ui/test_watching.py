"""Watching a reply grow: with server-sent events, and on the growing page without JavaScript."""

import asyncio
import html
import re
import time
from datetime import UTC, datetime
from typing import cast
from uuid import uuid4

import httpx
import pytest
from app.clients.messages import MessagesClient
from app.clients.types import Growth, Message, News, Reply, Sent
from app.watching.hub import Hub

from tests.chat_ui.conftest import DbApiServer, Start
from tests.support.person import (
    Event,
    client_key,
    events,
    messages,
    open_chat,
    send,
    stop_address,
    wait_for,
    wait_until_final,
)
from tests.support.scripted_model import ScriptedModel


def shown_text(told: list[Event]) -> str:
    """What a script that follows these events shows of the last message, tags removed."""
    blocks, growing = "", ""
    for name, data in told:
        if name == "message":
            body = re.search(
                r'<div class="body" dir="auto">(.*?)(?:<div class="open">(.*?)</div>)?</div>\s*<',
                data["html"],
                re.S,
            )
            assert body
            blocks, growing = body[1], body[2] or ""
        elif name == "text":
            blocks, growing = blocks + data["closed"], data["open"]
    return html.unescape(re.sub(r"<[^>]+>", "", blocks + growing)).strip()


def test_words_arrive_while_the_model_is_still_writing(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    model.hold_after = 2
    chat = open_chat(browser)
    send(browser, chat, "Hi")
    told: list[Event] = []
    for event in events(browser, chat):
        told.append(event)
        if not model.go.is_set() and "A scripted" in shown_text(told):
            assert model.running == 1, "the model should still be writing"
            model.go.set()
    assert told[-1][0] == "end"
    assert shown_text(told) == model.text


def test_a_stream_begins_with_a_snapshot_after_any_reload(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    model.hold_after = 2
    chat = open_chat(browser)
    send(browser, chat, "Hi")
    wait_for(browser, chat, "A scripted")
    for _ in range(2):
        name, data = next(events(browser, chat, since=2))
        assert name == "message"
        assert "A scripted" in data["html"]
    model.go.set()
    wait_until_final(browser, chat)


def test_what_is_shown_is_stored_already(browser: httpx.Client, model: ScriptedModel) -> None:
    model.text, model.pace = " ".join(f"word{n}" for n in range(40)), 0.02
    chat = open_chat(browser)
    send(browser, chat, "Hi")
    told: list[Event] = []
    for event in events(browser, chat):
        told.append(event)
        if event[0] == "text":
            stored = messages(browser.get(chat).text)[-1]
            assert stored.startswith(shown_text(told)) or shown_text(told) == ""


def test_closed_blocks_are_sent_once(browser: httpx.Client, model: ScriptedModel) -> None:
    model.text = "\n\n".join(f"Paragraph number {n}." for n in range(30))
    model.pace = 0.02
    chat = open_chat(browser)
    send(browser, chat, "Hi")
    told = list(events(browser, chat, since=2))
    texts = [data for name, data in told if name == "text"]
    streamed = "".join(data["closed"] + data["open"] for data in texts)
    assert streamed.count("Paragraph number 3.") <= 3, "closed once, and open a few times at most"


def test_any_copy_shows_the_reply_live(start_chat_ui: Start, model: ScriptedModel) -> None:
    model.hold_after = 2
    writer, other = start_chat_ui(), start_chat_ui(runner="off")
    with httpx.Client(base_url=writer) as browser:
        chat = open_chat(browser)
        send(browser, chat, "Hi")
        with httpx.Client(base_url=other, cookies=browser.cookies, timeout=10) as elsewhere:
            told: list[Event] = []
            for event in events(elsewhere, chat):
                told.append(event)
                if not model.go.is_set() and "A scripted" in shown_text(told):
                    model.go.set()
    assert shown_text(told) == model.text


def test_any_copy_stops_a_reply_that_another_one_writes(
    start_chat_ui: Start, model: ScriptedModel
) -> None:
    model.hold_after = 2
    writer, other = start_chat_ui(), start_chat_ui(runner="off")
    with httpx.Client(base_url=writer) as browser:
        chat = open_chat(browser)
        send(browser, chat, "Hi")
        page = wait_for(browser, chat, "A scripted")
        stop = stop_address(page)
        with httpx.Client(base_url=other, cookies=browser.cookies) as elsewhere:
            assert elsewhere.post(stop).status_code == 303
        assert "Stopped." in wait_until_final(browser, chat)
    deadline = time.monotonic() + 5
    while model.running and time.monotonic() < deadline:
        time.sleep(0.05)
    assert model.running == 0, "its slot is free again"


def test_a_second_message_appears_on_a_stream_that_is_open(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    model.hold_after = 2
    chat = open_chat(browser)
    send(browser, chat, "first")
    sent = False
    for name, data in events(browser, chat):
        if not sent:
            sent = send(browser, chat, "second").status_code == 303
        if name == "message" and "second" in data["html"]:
            model.go.set()
    page = browser.get(chat).text
    assert messages(page)[-2:] == ["second", model.text]
    assert "data-unfinished" not in page


def test_a_chat_with_nothing_to_come_ends_its_stream_at_once(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    told = list(events(browser, chat))
    assert [name for name, _ in told] == ["message", "end"]


def test_a_stranger_cannot_watch_not_even_while_the_owner_does(
    browser: httpx.Client, url: str, model: ScriptedModel
) -> None:
    model.hold_after = 1
    chat = open_chat(browser)
    send(browser, chat, "Hi")
    with (
        browser.stream("GET", f"{chat}/events") as stream,
        httpx.Client(base_url=url) as stranger,
    ):
        lines = stream.iter_lines()  # kept, or the stream would be closed at once
        next(lines)
        open_chat(stranger)
        assert stranger.get(f"{chat}/events").status_code == 404
        assert stranger.get(f"{chat}/live").status_code == 404
    model.go.set()
    wait_until_final(browser, chat)


def test_a_browser_that_goes_away_changes_nothing(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    model.hold_after = 1
    chat = open_chat(browser)
    send(browser, chat, "Hi")
    with browser.stream("GET", f"{chat}/events") as stream:
        next(stream.iter_lines())
    time.sleep(0.1)
    model.go.set()
    assert messages(wait_until_final(browser, chat))[-1] == model.text


def test_a_chat_deleted_while_it_is_watched_ends_the_stream(
    browser: httpx.Client, model: ScriptedModel, db_api: DbApiServer
) -> None:
    model.hold_after = 1
    chat = open_chat(browser)
    send(browser, chat, "Hi")
    told = []
    for name, _ in events(browser, chat):
        told.append(name)
        if name == "message" and len(told) == 1:
            db_api.psql(f"DELETE FROM chats WHERE id = '{chat.removeprefix('/chats/')}'")
    assert told[-1] == "end"
    deadline = time.monotonic() + 5
    while model.running and time.monotonic() < deadline:
        time.sleep(0.05)
    assert model.running == 0, "the model's slot is free again"


def test_a_session_that_ends_while_it_watches_ends_the_stream_and_its_reply_is_written(
    browser: httpx.Client, model: ScriptedModel, db_api: DbApiServer
) -> None:
    model.hold_after = 1
    chat = open_chat(browser)
    chat_id = chat.removeprefix("/chats/")
    send(browser, chat, "Hi")
    told = []
    for name, _ in events(browser, chat):
        told.append(name)
        if len(told) == 1:
            db_api.psql(
                "UPDATE sessions SET revoked_at = now() WHERE id ="
                f" (SELECT session_id FROM chats WHERE id = '{chat_id}')"
            )
    assert told[-1] == "end", "while the model still writes"
    model.go.set()
    done = f"SELECT state FROM replies WHERE chat_id = '{chat_id}'"
    deadline = time.monotonic() + 5
    while (state := db_api.psql(done)) != "complete":
        assert time.monotonic() < deadline, f"what was asked before is {state}, not answered"
        time.sleep(0.05)


def test_without_javascript_the_page_leads_to_the_growing_one_while_a_reply_is_to_come(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    refresh = '<noscript><meta http-equiv="refresh" content="0; url='
    model.hold_after = 1
    chat = open_chat(browser)
    assert refresh not in browser.get(chat).text
    send(browser, chat, "Hi")
    assert f'{refresh}{chat}/live"></noscript>' in browser.get(chat).text
    model.go.set()
    assert refresh not in wait_until_final(browser, chat)


def test_the_growing_page_appends_the_reply_as_it_comes_and_leads_back(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    model.text, model.hold_after = "one two <three> & four", 2
    chat = open_chat(browser)
    send(browser, chat, "Count")
    page = ""
    with browser.stream("GET", f"{chat}/live") as stream:
        assert stream.headers["x-accel-buffering"] == "no"
        for piece in stream.iter_text():
            page += piece
            if "one two" in page and not model.go.is_set():
                assert "four" not in page
                assert page.startswith("<!doctype html>")
                model.go.set()
    assert "one two &lt;three&gt; &amp; four" in page
    assert f'<meta http-equiv="refresh" content="0; url={chat}#end">' in page
    assert f'<a href="{chat}#end">' in page


def test_a_browser_that_knows_no_hidden_attribute_is_shown_no_false_alarm(
    browser: httpx.Client,
) -> None:
    page = re.sub(r"<[^>]+>", "", browser.get(open_chat(browser)).text)
    for words in ("out of reach", "any more", "could not be sent", "too long"):
        assert words not in page


def test_without_javascript_one_can_write_and_stop_while_a_reply_grows(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    model.hold_after = 1
    chat = open_chat(browser)
    send(browser, chat, "Hi")
    with browser.stream("GET", f"{chat}/live") as stream:
        pieces = stream.iter_text()
        page = ""
        while "Stop</button>" not in page:
            page += next(pieces)
        stop = stop_address(page)
        back = page.split(f'href="{chat}?')[1].split("#")[0]
        stay = browser.get(chat, params=back).text
        assert "refresh" not in stay
        assert client_key(stay)
        assert browser.post(stop).status_code == 303
    assert "Stopped." in wait_until_final(browser, chat)


def test_the_growing_page_tells_what_a_reply_waits_for(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    model.hold_after = 0
    chat = open_chat(browser)
    send(browser, chat, "first")
    send(browser, chat, "second")
    page = ""
    with browser.stream("GET", f"{chat}/live") as stream:
        for piece in stream.iter_text():
            page += piece
            if "Reading" in page or "Thinking" in page:
                model.go.set()
    assert page.count('<article class="message assistant"') == 2


def test_the_page_says_what_a_queued_reply_waits_for(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    model.hold_after = 0
    chat = open_chat(browser)
    send(browser, chat, "first")
    send(browser, chat, "second")
    told: list[str] = []
    for _, data in events(browser, chat, since=3):
        told.append(data.get("html", ""))
        if "Waiting in line" in told[-1]:
            model.go.set()
    assert any("Waiting in line, place 1" in html for html in told)


def test_who_has_just_sent_watches_without_a_question_to_db_api_until_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The model begins to read in that moment, and needs the processor."""
    monkeypatch.setattr("app.watching.hub.EXPECTED_SECONDS", 60)
    owner, chat, question, reply = uuid4(), uuid4(), uuid4(), uuid4()
    now = datetime.now(UTC)
    life = Reply(id=reply, state="running")
    asked = Message(
        id=question,
        chat_id=chat,
        parent_id=None,
        seq=2,
        role="user",
        content="Hi",
        created_at=now,
    )
    answered = asked.model_copy(
        update={"id": reply, "parent_id": question, "seq": 3, "content": "", "reply": life}
    )
    sent = Sent(message=asked, reply=answered, claim=None, title="Hi", repeated=False)

    class Messages:
        asked = 0

        async def follow(self, *_: object, **__: object) -> News:
            self.asked += 1
            return News(messages=[], replies=[], head=reply, idle=True)

    async def watch() -> None:
        messages = Messages()
        hub = Hub(cast("MessagesClient", messages))
        hub.lead(chat, Growth(reply=life, offset=0, text=""))
        hub.expect(owner, chat, sent)
        feed = await hub.join(owner, chat, 1)
        assert [shown.message.id for shown in feed.scene.after(1)] == [question, reply]
        hub.publish(chat, Growth(reply=life, offset=0, text="Hello"))
        await asyncio.sleep(0.05)
        assert feed.scene.messages[reply].text == "Hello"
        assert not feed.scene.ended
        assert not messages.asked
        done = life.model_copy(update={"state": "complete"})
        hub.publish(chat, Growth(reply=done, offset=0, text="Hello"))
        async with asyncio.timeout(10):
            while not feed.scene.ended:
                assert await feed.wait(feed.scene, 10)
        assert messages.asked == 1
        hub.leave(feed)

    asyncio.run(watch())
