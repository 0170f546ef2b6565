"""Watches chats as browsers do, with scripts and without, and notes everything that is shown."""

import asyncio
import json
import time

import httpx

from faults import pages
from faults.browser import Browser
from faults.shown import Shown

RECONNECT = 0.3  # seconds; browsers wait longer, which would only blur what we measure
SILENCE = httpx.Timeout(20, read=60)


async def watch(browser: Browser, chat: str, *, script: bool, patience: float = 120) -> None:
    """Watches until Parley says that nothing is left to say, coming back after every break."""
    look = _watch_events if script else _watch_growing
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            if await look(browser, chat):
                return
        except httpx.HTTPError:
            pass
        await asyncio.sleep(RECONNECT)


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
        if response.status_code != 200:
            return False
        async for piece in response.aiter_text():
            page += piece
            for reply, text, ended in pages.read_growing(page):
                browser.shown.note(chat, reply, "text", text, final=ended)
    return (
        "To the chat, to write the next message" in page
        and "data-unfinished" not in (await browser.client.get(f"/chats/{chat}?live=no")).text
    )


async def _watch_events(browser: Browser, chat: str) -> bool:
    """The server-sent events, once; whether they came to their end."""
    screen = Screen(browser.shown, chat)
    rest = b""
    path = f"/chats/{chat}/events"
    async with browser.client.stream("GET", path, timeout=SILENCE) as response:
        if response.status_code != 200:
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
