"""The growing page of a chat, and words to compare it by."""

import re
from collections.abc import Iterator

import httpx

from tests.support.pages import Reader, articles
from tests.support.person import messages


def watch(browser: httpx.Client, chat: str) -> Iterator[str]:
    """The words shown so far of the newest reply on the growing page, piece by piece to its
    end."""
    reader = Reader()
    with browser.stream("GET", f"{chat}/live") as response:
        response.raise_for_status()
        for piece in response.iter_text():
            reader.feed(piece)
            yield words_of("".join(article.text for article in articles(reader.root)[-1:]))


def watch_to_the_end(browser: httpx.Client, chat: str) -> str:
    """All the words that were shown."""
    (*_, words) = watch(browser, chat)
    return words


def last_words(browser: httpx.Client, chat: str) -> str:
    """The newest message on the chat's page, by its words."""
    return words_of(messages(browser.get(chat).raise_for_status().text)[-1])


def words_of(text: str) -> str:
    """The words alone, parted by spaces: the same for text and for rendered Markdown."""
    return " ".join(re.findall(r"[^\W_]+", text))


def first_words(text: str) -> str:
    """Enough to know a text by; further on, Markdown may have turned words into marks."""
    return " ".join(text.split()[:5])
