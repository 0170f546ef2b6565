"""Watches chats as browsers do, with scripts and without, and notes everything that is shown."""

import asyncio
import contextlib
import time
from typing import Any

import httpx
from tests.support.pages import Reader, articles
from tests.support.sse import aread_events

from faults.browser import Browser, is_good
from faults.reading import letters_of
from faults.shown import Shown

RECONNECT = 0.3  # seconds; browsers wait longer, which would only blur what we measure
SILENCE = httpx.Timeout(20, read=60)
# Seconds without a fault in which a watcher is told the end. More than the minute in which every
# reply is final: that promise is judged by itself.
PATIENCE = 120


def begin_watching(browser: Browser, chat: str, *, script: bool = False) -> asyncio.Task[None]:
    """A watch in a tab of its own; await it for its end."""
    task = asyncio.create_task(watch(browser, chat, script=script))
    browser.watches.add(task)
    return task


async def watch(browser: Browser, chat: str, *, script: bool, patience: float = PATIENCE) -> None:
    """Watches until Parley says that nothing is left to say, coming back after every break; notes
    it if that never comes."""
    began = time.monotonic()
    looking = asyncio.create_task(_look_until_the_end(browser, chat, script))
    try:
        while not looking.done():
            left = max(began, browser.last_fault()) + patience - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no end within {patience:.0f} s without a fault")
            await asyncio.wait({looking}, timeout=left)
        looking.result()
    except Exception as error:  # whatever it was: somebody sits there and does not know
        how = "with" if script else "without"
        browser.shown.endless[chat].append(
            f"{browser.name}, {how} scripts: {type(error).__name__}: {error}"
        )
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def _look_until_the_end(browser: Browser, chat: str, script: bool) -> None:
    path, look = ("events", _read_events) if script else ("live", _read_live)
    while True:
        with contextlib.suppress(httpx.HTTPError):
            url = f"/chats/{chat}/{path}"
            async with browser.client.stream("GET", url, timeout=SILENCE) as answer:
                if is_good(answer) and await look(browser, chat, answer):
                    return
        await asyncio.sleep(RECONNECT)


async def _read_live(browser: Browser, chat: str, answer: httpx.Response) -> bool:
    """The live page, once; whether it came to its end."""
    if any(notes.final_at is None for notes in browser.shown.of_chat(chat).values()):
        await _has_ended(browser, chat)  # this page may begin after a reply that was begun
    reader = Reader()
    async for piece in answer.aiter_text():
        reader.feed(piece)
        for message in articles(reader.root):
            if message.id:
                text = message.text.strip()
                browser.shown.note(chat, message.id, "text", text, final=not message.unfinished)
    has_end = "Back to the chat" in reader.root.text
    return has_end and await _has_ended(browser, chat)


async def _has_ended(browser: Browser, chat: str) -> bool:
    """Whether the chat's own page has nothing unfinished. A reply that ended while nobody could
    watch is seen final only there."""
    answer = await browser.client.get(f"/chats/{chat}?live=no")
    if not is_good(answer):
        return False
    shown = articles(answer.text)
    for message in shown:
        if message.id in browser.shown.replies and not message.unfinished:
            browser.shown.replies[message.id].end()
    return not any(message.unfinished for message in shown)


async def _read_events(browser: Browser, chat: str, answer: httpx.Response) -> bool:
    """The server-sent events, once; whether they came to their end."""
    screen = Screen(browser.shown, chat)
    async with contextlib.aclosing(aread_events(answer)) as events:
        async for name, data in events:
            if screen.take(name, data):
                return True
    return False


class Screen:
    """What a page with scripts shows of one chat, as the events tell it to."""

    def __init__(self, shown: Shown, chat: str) -> None:
        self._shown, self._chat = shown, chat
        self._closed: dict[str, str] = {}
        self._order: list[tuple[str, int]] = []
        self._open: dict[str, int] = {}  # seq of every reply that has not ended

    def take(self, name: str, data: dict[str, Any]) -> bool:
        """Shows one event; whether it was the end."""
        if name == "message":
            self._take_message(data["html"])
        elif name == "text":
            closed = self._closed.get(data["id"], "") + data["closed"]
            self._closed[data["id"]] = closed
            self._note(data["id"], closed + data["open"])
        elif name == "status":
            final = 'class="progress"' not in data["html"]
            self._note(data["id"], self._closed.get(data["id"], ""), final=final)
        elif name == "end":
            self._shown.orders[self._chat].add(tuple(self._order))
        return name == "end"

    def _take_message(self, html: str) -> None:
        for message in articles(html):
            if (message.id, message.seq) not in self._order:
                self._order.append((message.id, message.seq))
            if message.state:
                self._closed[message.id] = message.body.partition('<div class="open">')[0]
                if message.unfinished:
                    self._open[message.id] = message.seq
                self._note(message.id, message.body, final=not message.unfinished)

    def _note(self, reply: str, html: str, *, final: bool = False) -> None:
        letters = letters_of(html)
        self._shown.note(self._chat, reply, "letters", letters, final=final)
        if final:
            self._open.pop(reply, None)
        elif letters:
            self._shown.overtaken[self._chat] |= {
                (earlier, reply)
                for earlier, seq in self._open.items()
                if seq < self._open.get(reply, 0)
            }
