"""What a person does in a browser without JavaScript, as functions on an httpx client."""

import html
import json
import re
import time
from collections.abc import Iterator
from typing import Any

import httpx


def open_chat(browser: httpx.Client, username: str = "Ann", *, new: bool = True) -> str:
    """Gives a name on the home page; the path of the chat that opens."""
    form = {"username": username} | ({"new": "1"} if new else {})
    response = browser.post("/chats", data=form)
    assert response.status_code == 303, response.text
    return response.headers["location"]


def client_key(page: str) -> str:
    """The hidden key of the form on a page."""
    match = re.search(r'name="client_key" value="([^"]+)"', page)
    assert match, "no form on the page"
    return match[1]


def send(browser: httpx.Client, chat: str, prompt: str, key: str | None = None) -> httpx.Response:
    """Submits the form of the chat's page."""
    key = key or client_key(browser.get(chat).text)
    return browser.post(generate(chat), data={"prompt": prompt, "client_key": key})


def generate(chat: str) -> str:
    return chat.replace("/chats/", "/generate/")


def messages(page: str) -> list[str]:
    """The text of each message on a page, tags removed."""
    bodies = re.findall(r'<div class="body"[^>]*>(.*?)</div>\s*<div class="foot">', page, re.S)
    return [html.unescape(re.sub(r"<[^>]+>", "", body)).strip() for body in bodies]


def stop_address(page: str) -> str:
    """Where the first Stop button on the page leads."""
    match = re.search(r'action="([^"]+/stop)"', page)
    assert match, "nothing to stop on the page"
    return match[1]


def wait_for(browser: httpx.Client, chat: str, text: str, seconds: float = 10) -> str:
    """Reloads the chat's page until `text` is on it."""
    deadline = time.monotonic() + seconds
    while text not in (page := browser.get(chat).text):
        assert time.monotonic() < deadline, f"{text!r} never appeared on:\n{page}"
        time.sleep(0.05)
    return page


def wait_until_final(browser: httpx.Client, chat: str, seconds: float = 10) -> str:
    """Reloads the chat's page until no reply on it is unfinished."""
    deadline = time.monotonic() + seconds
    while "data-unfinished" in (page := browser.get(chat).text):
        assert time.monotonic() < deadline, f"unfinished for too long:\n{page}"
        time.sleep(0.05)
    return page


def message_ids(page: str) -> list[str]:
    """The ids on a page, from top to bottom."""
    return re.findall(r'<article class="message \w+" id="m-([0-9a-f-]{36})"', page)


def ask(browser: httpx.Client, chat: str, text: str) -> str:
    """Sends and waits; the chat's page."""
    assert send(browser, chat, text).status_code == 303
    return wait_until_final(browser, chat)


def edit(browser: httpx.Client, chat: str, message: str, text: str) -> httpx.Response:
    """By the form that the pencil leads to."""
    page = browser.get(chat, params={"edit": message}).text
    form = {"prompt": text, "client_key": client_key(page), "replaces": message}
    return browser.post(generate(chat), data=form)


Event = tuple[str, dict[str, Any]]


def events(browser: httpx.Client, chat: str, since: int = 0, last: str = "") -> Iterator[Event]:
    """The chat's server-sent events, as they come, up to its end."""
    params = {"since": str(since), "last": last}
    with browser.stream("GET", f"{chat}/events", params=params) as response:
        assert response.status_code == 200, response.read()
        name = ""
        for line in response.iter_lines():
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                yield name, json.loads(line.removeprefix("data: "))
