"""Watches chats as browsers do, with scripts and without, and notes everything that is shown."""

import asyncio
import contextlib
import json
import time

import httpx

from faults import pages
from faults.browser import LATER, Browser
from faults.shown import Shown

RECONNECT = 0.3  # seconds; browsers wait longer, which would only blur what we measure
SILENCE = httpx.Timeout(20, read=60)
# Seconds without a fault in which a watcher is told the end. More than the minute in which every
# reply is final: that promise is judged by itself.
PATIENCE = 120


class Refused(Exception):
    """A watcher was answered as nobody should be who watches a chat of theirs."""


async def watch(browser: Browser, chat: str, *, script: bool, patience: float = PATIENCE) -> None:
    """Watches until Parley says that nothing is left to say, coming back after every break; notes
    it if that never comes."""
    began = time.monotonic()
    looking = asyncio.create_task(_look_until_the_end(browser, chat, script=script))
    try:
        while not looking.done():
            left = max(began, browser.last_fault()) + patience - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no end within {patience:.0f} s without a fault")
            await asyncio.wait({looking}, timeout=left)
        looking.result()
    except Exception as error:  # whatever it was: somebody sits there and does not know
        how = "with" if script else "without"
        words = f"{browser.name}, {how} scripts: {type(error).__name__}: {error}"
        browser.shown.endless[chat].append(words)
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def _look_until_the_end(browser: Browser, chat: str, *, script: bool) -> None:
    look = _watch_events if script else _watch_growing
    while True:
        with contextlib.suppress(httpx.HTTPError):
            if await look(browser, chat):
                return
        await asyncio.sleep(RECONNECT)


def _is_there(answer: httpx.Response) -> bool:
    """Whether it is what was asked for; False if it is worth asking again."""
    if answer.status_code != 200 and answer.status_code not in LATER:
        raise Refused(f"{answer.request.url.path} answered {answer.status_code}")
    return answer.status_code == 200


def begin_watching(browser: Browser, chat: str, *, script: bool = False) -> asyncio.Task[None]:
    """A watch in a tab of its own; await it for its end."""
    task = asyncio.create_task(watch(browser, chat, script=script))
    browser.watches.add(task)
    return task


async def _watch_growing(browser: Browser, chat: str) -> bool:
    """The growing page, once; whether it came to its end."""
    path = f"/chats/{chat}/live"
    page = ""
    async with browser.client.stream("GET", path, timeout=SILENCE) as response:
        if not _is_there(response):
            return False
        if browser.shown.is_begun(chat):  # and this page may begin after it
            await _has_ended(browser, chat)
        async for piece in response.aiter_text():
            page += piece
            for reply, text, ended in pages.read_growing(page):
                browser.shown.note(chat, reply, "text", text, final=ended)
    return "To the chat, to write the next message" in page and await _has_ended(browser, chat)


async def _has_ended(browser: Browser, chat: str) -> bool:
    """Whether the chat's own page has nothing unfinished. A reply that ended while nobody could
    watch is seen final only there."""
    answer = await browser.client.get(f"/chats/{chat}?live=no")
    if not _is_there(answer):
        return False
    for message in pages.read_messages(answer.text):
        if message.is_reply and not message.unfinished:
            browser.shown.note_final(message.id)
    return "data-unfinished" not in answer.text


async def _watch_events(browser: Browser, chat: str) -> bool:
    """The server-sent events, once; whether they came to their end."""
    screen = Screen(browser.shown, chat)
    rest = b""
    path = f"/chats/{chat}/events"
    async with browser.client.stream("GET", path, timeout=SILENCE) as response:
        if not _is_there(response):
            return False
        async for piece in response.aiter_bytes():
            *events, rest = (rest + piece).split(b"\n\n")
            for event in events:
                if screen.take(event.decode()):
                    return True
    return False


class Screen:
    """What a page with scripts shows of one chat, as the events tell it to."""

    def __init__(self, shown: Shown, chat: str) -> None:
        self._shown, self._chat = shown, chat
        self._closed: dict[str, str] = {}
        self._order: list[tuple[str, int]] = []
        self._open: dict[str, int] = {}  # seq of every reply that has not ended

    def take(self, event: str) -> bool:
        """Shows one event; whether it was the end."""
        fields = dict(line.partition(": ")[::2] for line in event.split("\n"))
        name = fields.get("event", "")
        if name == "end":
            self._shown.note_order(self._chat, self._order)
            return True
        data = json.loads(fields.get("data", "{}"))
        if name == "message":
            self._take_message(data["html"])
        elif name == "text":
            closed = self._closed.get(data["id"], "") + data["closed"]
            self._closed[data["id"]] = closed
            self._note(data["id"], closed + data["open"])
        elif name == "status":
            final = 'class="progress"' not in data["html"]
            self._note(data["id"], self._closed.get(data["id"], ""), final=final)
        return False

    def _take_message(self, html: str) -> None:
        for message in pages.read_messages(html):
            if (message.id, message.seq) not in self._order:
                self._order.append((message.id, message.seq))
            if message.is_reply:
                self._closed[message.id] = message.body.partition('<div class="open">')[0]
                if message.unfinished:
                    self._open[message.id] = message.seq
                self._note(message.id, message.body, final=not message.unfinished)

    def _note(self, reply: str, html: str, *, final: bool = False) -> None:
        letters = pages.letters_of(html)
        self._shown.note(self._chat, reply, "letters", letters, final=final)
        if final:
            self._open.pop(reply, None)
        elif letters:
            for earlier, seq in self._open.items():
                if seq < self._open.get(reply, 0):
                    self._shown.overtaken[self._chat].add((earlier, reply))
