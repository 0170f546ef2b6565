"""Two copies of chat-ui serve the same chats, live, and one may go away at any time."""

import itertools
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.stack.stack import Stack
from tests.support.pages import articles
from tests.support.person import ask, messages, send, wait_until_final
from tests.support.waiting import wait_until


def asked_copies(stack: Stack, path: str) -> set[str]:
    """The addresses of the copies that answered this path, from nginx's log."""
    log = stack.compose("logs", "--no-log-prefix", "nginx")
    return set(re.findall(rf"GET {re.escape(path)} 200 .* by ([0-9.]+:80) ", log))


def does_nginx_know_both(stack: Stack) -> bool:
    for _ in range(10):  # often enough that each gets a turn
        httpx.get(f"{stack.url}/keys", timeout=60).raise_for_status()
    return len(asked_copies(stack, "/keys")) == 2


def first_words(text: str) -> str:
    """Enough to know a text by; further on, Markdown may have turned marks into something else."""
    return " ".join(re.findall(r"[^\W_]+", text)[:5])


@pytest.fixture(scope="module")
def two_copies(stack: Stack) -> Iterator[Stack]:
    """The stack with chat-ui twice, both known to nginx; afterwards it is one again."""
    stack.up("--scale", "chat-ui=2", "--no-recreate")
    wait_until(lambda: does_nginx_know_both(stack))
    yield stack
    stack.up("--scale", "chat-ui=1", "--no-recreate")


def test_both_copies_serve_the_same_chat(
    two_copies: Stack, browser: httpx.Client, chat: str
) -> None:
    ask(browser, chat, "Please say something nice.")
    seen = {tuple(messages(browser.get(chat).text)) for _ in range(20)}
    assert len(seen) == 1
    assert len(asked_copies(two_copies, chat)) == 2


def test_both_copies_show_the_words_of_one_reply(
    two_copies: Stack, browser: httpx.Client, chat: str
) -> None:
    send(browser, chat, "Please tell me a story about two lighthouses.")
    watchers = 12  # each lands on one of the two copies at random
    with ThreadPoolExecutor(watchers) as pool:
        pages = list(pool.map(browser.get, [f"{chat}/live"] * watchers))
    assert len(asked_copies(two_copies, f"{chat}/live")) == 2
    written = first_words(messages(wait_until_final(browser, chat))[-1])
    assert {first_words(articles(page.text)[-1].text) for page in pages} == {written}


def test_nobody_notices_when_a_copy_goes_away(
    two_copies: Stack, browser: httpx.Client, chat: str
) -> None:
    answers = (browser.get(chat).status_code for _ in itertools.count())
    with ThreadPoolExecutor() as pool:
        removal = pool.submit(two_copies.up, "--scale", "chat-ui=1", "--no-recreate")
        while not removal.done():
            assert next(answers) == 200
    removal.result()
    assert set(itertools.islice(answers, 200)) == {200}, "nginx has seen meanwhile that it is gone"
    assert len(two_copies.ids("chat-ui")) == 1
