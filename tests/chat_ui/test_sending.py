"""Sending a message: once, whole, in order, and answered."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.chat_ui.conftest import OPENING, Start
from tests.support.person import (
    client_key,
    generate,
    messages,
    open_chat,
    send,
    stop_address,
    wait_for,
    wait_until_final,
)
from tests.support.scripted_model import ScriptedModel


def test_a_question_is_answered_without_javascript(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    chat = open_chat(browser)
    response = send(browser, chat, "Hi, what is an API?")
    assert response.status_code == 303
    assert response.headers["location"] == chat
    page = wait_until_final(browser, chat)
    assert messages(page) == [OPENING, "Hi, what is an API?", model.text]


def test_the_model_gets_what_was_typed_after_prompt_and_history(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    chat = open_chat(browser)
    send(browser, chat, "One\r\ntwo")
    wait_until_final(browser, chat)
    assert model.requests[0]["messages"] == [
        {"role": "system", "content": "You are a helpful assistant."},
        {"role": "assistant", "content": OPENING},
        {"role": "user", "content": "One\ntwo"},
    ]


def test_only_listed_fields_reach_the_model(browser: httpx.Client, model: ScriptedModel) -> None:
    chat = open_chat(browser)
    key = client_key(browser.get(chat).text)
    form = {"prompt": "Hi", "client_key": key, "temperature": "9", "messages": "[]", "n": "5"}
    browser.post(generate(chat), data=form)
    wait_until_final(browser, chat)
    assert set(model.requests[0]) == {
        "messages", "stream", "stream_options", "return_progress", "cache_prompt", "max_tokens",
        "temperature",
    }  # fmt: skip


def test_the_next_turn_repeats_the_last_ones_prompt_to_the_byte(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    model.text = "Line one.\n\n  Indented, trailing  "
    chat = open_chat(browser)
    for prompt in ("first", "second"):
        send(browser, chat, prompt)
        wait_until_final(browser, chat)
    first, second = (request["messages"] for request in model.requests)
    assert second[: len(first)] == first
    assert second[len(first)] == {"role": "assistant", "content": model.text}


def test_the_same_form_posted_twice_stores_and_answers_once(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    chat = open_chat(browser)
    key = client_key(browser.get(chat).text)
    with ThreadPoolExecutor(20) as pool:
        statuses = [
            future.result().status_code
            for future in [pool.submit(send, browser, chat, "Hi", key) for _ in range(20)]
        ]
    assert statuses == [303] * 20
    page = wait_until_final(browser, chat)
    assert messages(page) == [OPENING, "Hi", model.text]
    assert len(model.requests) == 1


def test_the_same_form_with_other_text_is_shown_again_with_a_fresh_key(
    browser: httpx.Client,
) -> None:
    chat = open_chat(browser)
    key = client_key(browser.get(chat).text)
    send(browser, chat, "first", key)
    wait_until_final(browser, chat)
    response = send(browser, chat, "edited after Back", key)
    assert response.status_code == 409
    assert "edited after Back</textarea>" in response.text
    fresh = client_key(response.text)
    assert fresh != key
    assert send(browser, chat, "edited after Back", fresh).status_code == 303


def test_messages_sent_in_a_row_are_answered_in_order(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    model.hold_after = 1
    chat = open_chat(browser)
    for prompt in ("first", "second", "third"):
        assert send(browser, chat, prompt).status_code == 303
    wait_for(browser, chat, "Waiting in line")
    model.go.set()
    wait_until_final(browser, chat)
    assert [request["messages"][-1]["content"] for request in model.requests] == [
        "first",
        "second",
        "third",
    ]


def test_a_script_gets_both_messages_and_a_fresh_key(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    key = client_key(browser.get(chat).text)
    response = browser.post(
        generate(chat), data={"prompt": "Hi", "client_key": key}, headers={"HX-Request": "true"}
    )
    assert response.status_code == 200
    assert response.text.count("<article") == 2
    assert client_key(response.text) != key
    wait_until_final(browser, chat)


def test_a_script_gets_the_title_that_the_first_message_gave_the_chat(
    browser: httpx.Client,
) -> None:
    chat = open_chat(browser)
    key = client_key(browser.get(chat).text)
    form = {"prompt": "Why <b>?\nPlease.", "client_key": key}
    answer = browser.post(generate(chat), data=form, headers={"HX-Request": "true"}).text
    assert "<title>Why &lt;b&gt;? · Parley</title>" in answer
    assert 'id="chat-title"' in answer
    wait_until_final(browser, chat)


def test_a_reply_at_its_longest_says_that_it_was_cut_off(
    start_chat_ui: Start, model: ScriptedModel
) -> None:
    model.text = "one two three four five"
    with httpx.Client(base_url=start_chat_ui(reply_tokens=3)) as browser:
        chat = open_chat(browser)
        send(browser, chat, "Count")
        page = wait_until_final(browser, chat)
    assert messages(page)[-1] == "one two three"
    assert "Cut off" in page


def test_a_reload_of_the_form_leads_back_to_the_chat(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    response = browser.get(generate(chat))
    assert (response.status_code, response.headers["location"]) == (303, chat)


def test_stop_keeps_what_was_written_and_frees_the_model(
    browser: httpx.Client, model: ScriptedModel
) -> None:
    model.text, model.hold_after = "one two three four", 2
    chat = open_chat(browser)
    send(browser, chat, "Count")
    page = wait_for(browser, chat, "one two")
    stop = stop_address(page)
    assert browser.post(stop).status_code == 303
    page = wait_until_final(browser, chat)
    assert messages(page)[-1] == "one two"
    assert "Stopped." in page
    assert model.running == 0


def test_a_waiting_reply_can_be_stopped(browser: httpx.Client, model: ScriptedModel) -> None:
    model.hold_after = 1
    chat = open_chat(browser)
    send(browser, chat, "first")
    send(browser, chat, "second")
    page = wait_for(browser, chat, "Waiting in line")
    stop = stop_address(page.split("Waiting in line")[1])
    assert browser.post(stop).status_code == 303
    assert "Stopped." in browser.get(chat).text
    model.go.set()
    wait_until_final(browser, chat)
    assert len(model.requests) == 1


def test_a_long_chat_shows_the_newest_thirty_and_leads_to_the_earlier_ones(
    browser: httpx.Client,
) -> None:
    chat = open_chat(browser)
    for number in range(16):
        send(browser, chat, f"message {number}.")
        wait_until_final(browser, chat)
    page = browser.get(chat).text
    assert len(messages(page)) == 30
    assert "message 0." not in messages(page)
    earlier = page.split(f'href="{chat}?before=')[1]
    older = browser.get(chat, params={"before": earlier.split('"')[0]}).text
    assert messages(older)[:2] == [OPENING, "message 0."]
    assert len(messages(older)) == 3


def test_a_copy_without_a_runner_leaves_the_reply_to_one_that_has_one(
    start_chat_ui: Start, model: ScriptedModel
) -> None:
    web, _worker = start_chat_ui(runner="off"), start_chat_ui(runner="only")
    with httpx.Client(base_url=web) as browser:
        chat = open_chat(browser)
        send(browser, chat, "Hi")
        page = wait_until_final(browser, chat)
    assert messages(page)[-1] == model.text


@pytest.mark.parametrize("path", ["/", "/chats/1", "/chats/1/live"])
def test_a_runner_alone_serves_no_pages(start_chat_ui: Start, path: str) -> None:
    assert httpx.get(start_chat_ui(runner="only") + path).status_code == 404
