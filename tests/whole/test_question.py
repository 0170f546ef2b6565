"""A real question, a real answer, streamed, through every service."""

import httpx

from tests.support.person import events, messages, open_chat, send, wait_until_final

QUESTION = "Tell me a long story about a lighthouse keeper and the sea."


def test_a_question_is_answered_and_still_there_after_a_reload(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    send(browser, chat, "What is the capital of France?")
    page = wait_until_final(browser, chat, 120)
    answer = messages(page)[-1]
    assert "Paris" in answer
    assert messages(browser.get(chat).text)[-1] == answer


def test_words_reach_the_browser_while_the_model_is_still_writing(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    send(browser, chat, QUESTION)
    texts = 0
    for name, _ in events(browser, chat, since=2):
        texts += name == "text"
        if texts == 1:
            assert "data-unfinished" in browser.get(chat).text
    assert texts >= 3


def test_the_growing_page_streams_through_the_gateway(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    send(browser, chat, QUESTION)
    pieces = 0
    with browser.stream("GET", f"{chat}/live") as stream:
        for _ in stream.iter_raw():
            pieces += 1
            if pieces == 2:
                assert "data-unfinished" in browser.get(chat).text
    assert pieces >= 4


def test_stop_ends_a_real_reply(browser: httpx.Client) -> None:
    chat = open_chat(browser)
    send(browser, chat, QUESTION)
    for name, data in events(browser, chat, since=2):
        if name == "text":
            reply = data["id"]
            assert browser.post(f"{chat}/replies/{reply}/stop").status_code == 303
            break
    assert "Stopped." in wait_until_final(browser, chat)


def test_more_chats_than_slots_at_once_are_all_answered(browser: httpx.Client) -> None:
    chats = [open_chat(browser, f"Person {number}") for number in range(5)]
    for chat in chats:
        assert send(browser, chat, "Say hello.").status_code == 303
    for chat in chats:
        assert messages(wait_until_final(browser, chat, 120))[-1]
