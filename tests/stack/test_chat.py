"""A person chats through nginx: a name, a question, words as they are written, a reload."""

import httpx

from tests.stack.stack import Stack
from tests.stack.watching import first_words, last_words, watch, watch_to_the_end
from tests.support.person import ask, messages, open_chat, send
from tests.support.waiting import answers, wait_until

QUESTION = "Please tell me a short story about a lighthouse."


def test_a_question_is_answered_word_by_word_and_is_there_after_a_reload(
    browser: httpx.Client, chat: str
) -> None:
    send(browser, chat, QUESTION)
    shown: list[str] = []
    for words in watch(browser, chat):
        if words and not shown:
            assert "data-unfinished" in browser.get(chat).text, "all of it came at once"
        shown += [words] if words else []

    reply = last_words(browser, chat)
    assert len(reply.split()) > 5
    assert shown[-1].startswith(first_words(reply))
    assert len(set(shown)) >= 3


def test_the_second_question_is_answered_too(browser: httpx.Client, chat: str) -> None:
    ask(browser, chat, "My name is Ada.")
    said = messages(ask(browser, chat, "What is my name?"))
    assert said[1::2] == ["My name is Ada.", "What is my name?"]
    assert len(said) == 5, "an opening message and two replies"
    assert all(said)


def test_a_stranger_does_not_find_my_chat(stack: Stack, chat: str) -> None:
    with httpx.Client(base_url=stack.url) as stranger:
        open_chat(stranger, "Ada")
        assert stranger.get(chat).status_code == 404


def test_chats_survive_down_and_up(stack: Stack, browser: httpx.Client, chat: str) -> None:
    send(browser, chat, QUESTION)
    watch_to_the_end(browser, chat)
    before = messages(browser.get(chat).text)

    stack.compose("down", "--timeout", "10")
    stack.compose("up", "--detach")
    wait_until(lambda: answers(f"{stack.url}/health"))

    assert messages(browser.get(chat).text) == before
