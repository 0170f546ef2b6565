"""A real question, a real answer, streamed, through every service. The compose stack has to pass
these tests as well (tests/stack/test_chat.py)."""

from collections.abc import Iterator

import httpx
import pytest

from tests.support.person import ask, events, messages, open_chat, send, wait_until_final


@pytest.fixture
def busy_chat(browser: httpx.Client) -> Iterator[str]:
    """A chat in which a reply is being written that takes longer than any of these tests."""
    chat = open_chat(browser)
    browser.post(f"{chat}/settings", data={"system_prompt": "", "reply_tokens": "999"})
    send(browser, chat, "Tell me a long story about a lighthouse keeper and the sea.")
    yield chat
    browser.post(f"{chat}/delete")


def test_questions_are_answered_and_still_there_after_a_reload(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    ask(browser, chat, "My name is Ada.")
    page = ask(browser, chat, "What is the capital of France?")
    said = messages(page)
    assert said[1::2] == ["My name is Ada.", "What is the capital of France?"]
    assert "Paris" in said[-1]
    assert messages(browser.get(chat).text) == said


def test_words_reach_the_browser_while_the_model_is_still_writing(
    browser: httpx.Client, busy_chat: str
) -> None:
    next(name for name, _ in events(browser, busy_chat, since=2) if name == "text")
    assert "data-unfinished" in browser.get(busy_chat).text


def test_the_growing_page_streams_through_the_gateway(
    browser: httpx.Client, busy_chat: str
) -> None:
    with browser.stream("GET", f"{busy_chat}/live") as stream:
        pieces = stream.iter_raw()
        for _ in range(3):
            next(pieces)
        assert "data-unfinished" in browser.get(busy_chat).text


def test_stop_ends_a_real_reply(browser: httpx.Client, busy_chat: str) -> None:
    told = events(browser, busy_chat, since=2)
    reply = next(data["id"] for name, data in told if name == "text")
    assert browser.post(f"{busy_chat}/replies/{reply}/stop").status_code == 303
    assert "Stopped." in wait_until_final(browser, busy_chat)


def test_more_chats_than_slots_at_once_are_all_answered(browser: httpx.Client) -> None:
    chats = [open_chat(browser, f"Person {number}") for number in range(9)]
    for chat in chats:
        assert send(browser, chat, "Say hello.").status_code == 303
    for chat in chats:
        assert messages(wait_until_final(browser, chat))[-1]
