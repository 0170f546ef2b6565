"""A person chats through nginx: a name, a question, words as they are written, a reload."""

from .stack import Browser, Stack, first_words

QUESTION = "Please tell me a short story about a lighthouse."


def test_a_question_is_answered_word_by_word_and_is_there_after_a_reload(browser: Browser) -> None:
    chat = browser.open_chat("Ada")
    browser.ask(chat, QUESTION)
    watched = browser.watch(chat)

    reply = browser.replies(chat)[-1]
    assert len(reply.split()) > 5
    assert first_words(reply) in watched.words
    assert len(watched.arrivals) >= 4
    assert watched.arrivals[-1] - watched.arrivals[0] > 0.3, "all of it came at once"


def test_the_second_question_knows_the_first(browser: Browser) -> None:
    chat = browser.open_chat("Ada")
    for prompt in ("My name is Ada.", "What is my name?"):
        browser.ask(chat, prompt)
        browser.watch(chat)
    replies = browser.replies(chat)
    assert len(replies) == 3, "an opening message and two replies"
    assert all(replies)


def test_a_stranger_does_not_find_my_chat(stack: Stack, browser: Browser) -> None:
    chat = browser.open_chat("Ada")
    with Browser(stack.url) as stranger:
        stranger.open_chat("Ada")
        assert stranger.get(chat).status_code == 404


def test_chats_survive_down_and_up(stack: Stack, browser: Browser) -> None:
    chat = browser.open_chat("Ada")
    browser.ask(chat, QUESTION)
    browser.watch(chat)
    before = browser.replies(chat)

    stack.compose("down", "--timeout", "10")
    stack.up()

    assert browser.replies(chat) == before
