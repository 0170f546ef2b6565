"""Two copies of chat-ui serve the same chats, live, and one may go away at any time."""

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from .stack import Browser, Stack, first_words


@pytest.fixture
def workers_apart(stack: Stack) -> Iterator[Stack]:
    """Two copies of the runner without pages, and pages without a runner; put back afterwards."""
    stack.env["RUNNER"] = "off"
    stack.up("--scale", "runner=2")
    time.sleep(2)
    yield stack
    del stack.env["RUNNER"]
    stack.up("--scale", "runner=0")
    time.sleep(2)


@pytest.fixture(scope="module")
def two_copies(stack: Stack) -> Iterator[Stack]:
    """The stack with chat-ui twice; afterwards it is one again."""
    stack.up("--scale", "chat-ui=2", "--no-recreate")
    time.sleep(2)  # nginx asks for the name every second
    yield stack
    stack.up("--scale", "chat-ui=1", "--no-recreate")


def asked_copies(stack: Stack, path: str) -> set[str]:
    """The addresses of the copies that answered this path, from nginx's log."""
    log = stack.compose("logs", "--no-log-prefix", "nginx")
    return set(re.findall(rf"GET {re.escape(path)} 200 .* by ([0-9.]+:80) ", log))


def test_both_copies_serve_the_same_chat(two_copies: Stack, browser: Browser) -> None:
    chat = browser.open_chat("Ada")
    browser.ask(chat, "Please say something nice.")
    browser.watch(chat)
    seen = {tuple(browser.replies(chat)) for _ in range(20)}
    assert len(seen) == 1
    assert len(asked_copies(two_copies, chat)) == 2


def test_both_copies_show_the_words_of_one_reply(two_copies: Stack, browser: Browser) -> None:
    chat = browser.open_chat("Ada")
    browser.ask(chat, "Please tell me a story about two lighthouses.")
    watchers = 12  # each lands on one of the two copies at random
    with ThreadPoolExecutor(watchers) as pool:
        pages = list(pool.map(browser.watch, [chat] * watchers))
    reply = browser.replies(chat)[-1]
    for page in pages:
        assert len(page.arrivals) >= 4
        assert first_words(reply) in page.words
    assert len(asked_copies(two_copies, f"{chat}/live")) == 2


def test_nobody_notices_when_a_copy_goes_away(two_copies: Stack, browser: Browser) -> None:
    chat = browser.open_chat("Ada")
    answers: list[int] = []
    done = threading.Event()

    def reload() -> None:
        while not done.is_set():
            answers.append(browser.get(chat).status_code)
            time.sleep(0.02)

    reader = threading.Thread(target=reload)
    reader.start()
    two_copies.up("--scale", "chat-ui=1", "--no-recreate")
    time.sleep(2)
    done.set()
    reader.join()
    assert set(answers) == {200}
    assert len(two_copies.ids("chat-ui")) == 1


def test_workers_apart_from_the_pages_answer_too(workers_apart: Stack, browser: Browser) -> None:
    assert len(workers_apart.ids("runner")) == 2
    chat = browser.open_chat("Ada")
    browser.ask(chat, "Please say something nice.")
    browser.watch(chat)
    assert browser.replies(chat)[-1]
