"""What a person does in a browser without JavaScript, as functions on an httpx client."""

from collections.abc import Callable, Iterator

import httpx

from tests.support.pages import articles, client_key, form_action
from tests.support.sse import Event, read_events
from tests.support.waiting import wait_until

__all__ = ["Event", "client_key"]  # offered from here, too


def open_chat(browser: httpx.Client, username: str = "Ann", *, new: bool = True) -> str:
    """Gives a name on the home page; the path of the chat that opens."""
    response = browser.post("/chats", data={"username": username} | ({"new": "1"} if new else {}))
    assert response.status_code == 303, response.text
    return response.headers["location"]


def send(browser: httpx.Client, chat: str, prompt: str, key: str | None = None) -> httpx.Response:
    """Submits the form of the chat's page."""
    key = key or client_key(browser.get(chat).text)
    return browser.post(generate(chat), data={"prompt": prompt, "client_key": key})


def generate(chat: str) -> str:
    """Where the chat's form leads."""
    return chat.replace("/chats/", "/generate/")


def messages(page: str) -> list[str]:
    """The text of each message on a page, tags removed."""
    return [article.text.strip() for article in articles(page)]


def message_ids(page: str) -> list[str]:
    """The ids on a page, from top to bottom."""
    return [article.id for article in articles(page)]


def stop_address(page: str) -> str:
    """Where the first Stop button on the page leads."""
    return form_action(page, "/stop")


def wait_for(browser: httpx.Client, chat: str, text: str, seconds: float = 60) -> str:
    """Reloads the chat's page until `text` is on it."""
    return _reload_until(lambda page: text in page, browser, chat, seconds)


def wait_until_final(browser: httpx.Client, chat: str, seconds: float = 60) -> str:
    """Reloads the chat's page until no reply on it is unfinished."""
    return _reload_until(lambda page: "data-unfinished" not in page, browser, chat, seconds)


def _reload_until(
    is_so: Callable[[str], bool], browser: httpx.Client, chat: str, seconds: float
) -> str:
    def load() -> str | None:
        answer = browser.get(chat)  # while a service is away, it is a page that says so
        return answer.text if answer.is_success and is_so(answer.text) else None

    return wait_until(load, seconds, lambda: browser.get(chat).text)


def ask(browser: httpx.Client, chat: str, text: str) -> str:
    """Sends and waits; the chat's page."""
    assert send(browser, chat, text).status_code == 303
    return wait_until_final(browser, chat)


def edit(browser: httpx.Client, chat: str, message: str, text: str) -> httpx.Response:
    """By the form that the pencil leads to."""
    page = browser.get(chat, params={"edit": message}).text
    form = {"prompt": text, "client_key": client_key(page), "replaces": message}
    return browser.post(generate(chat), data=form)


def events(browser: httpx.Client, chat: str, since: int = 0, last: str = "") -> Iterator[Event]:
    """The chat's server-sent events, as they come, up to its end."""
    params = {"since": str(since), "last": last}
    with browser.stream("GET", f"{chat}/events", params=params) as response:
        assert response.status_code == 200, response.read()
        yield from read_events(response)
