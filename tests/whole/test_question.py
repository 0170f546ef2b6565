"""A real question, a real answer, streamed, through every service."""

import httpx
import pytest

from tests.support.person import ask, events, messages, open_chat, send, wait_until_final

QUESTION = "Tell me a long story about a lighthouse keeper and the sea."


@pytest.fixture
def chat(browser: httpx.Client) -> str:
    """A chat in which a long reply is being written."""
    chat = open_chat(browser)
    send(browser, chat, QUESTION)
    return chat


def test_a_question_is_answered_and_still_there_after_a_reload(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    answer = messages(ask(browser, chat, "What is the capital of France?"))[-1]
    assert "Paris" in answer
    assert messages(browser.get(chat).text)[-1] == answer


def test_words_reach_the_browser_while_the_model_is_still_writing(
    browser: httpx.Client, chat: str
) -> None:
    texts = 0
    for name, _ in events(browser, chat, since=2):
        texts += name == "text"
        if texts == 1:
            assert "data-unfinished" in browser.get(chat).text
    assert texts >= 3


def test_the_growing_page_streams_through_the_gateway(browser: httpx.Client, chat: str) -> None:
    with browser.stream("GET", f"{chat}/live") as stream:
        for number, _ in enumerate(stream.iter_raw()):
            if number == 1:
                assert "data-unfinished" in browser.get(chat).text
    assert number >= 3


def test_stop_ends_a_real_reply(browser: httpx.Client, chat: str) -> None:
    reply = next(data["id"] for name, data in events(browser, chat, since=2) if name == "text")
    assert browser.post(f"{chat}/replies/{reply}/stop").status_code == 303
    assert "Stopped." in wait_until_final(browser, chat)


def test_more_chats_than_slots_at_once_are_all_answered(browser: httpx.Client) -> None:
    chats = [open_chat(browser, f"Person {number}") for number in range(9)]
    for chat in chats:
        assert send(browser, chat, "Say hello.").status_code == 303
    for chat in chats:
        assert messages(wait_until_final(browser, chat, 120))[-1]
