"""People, each with a browser of their own, every page of which is watched for errors."""

import re
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.browser.support.hand import DbApi, Hand
from tests.support.local_stack import LocalStack
from tests.support.person import open_chat
from tests.support.sql import sql

WAIT_MS = 15_000
REPLY_MS = 120_000  # for the real model on a machine that does other things, too


class Someone:
    """A person: `http` and the pages share a session; `chat` is the newest one's path."""

    def __init__(
        self, browser: Browser, parley: LocalStack, api: DbApi, name: str, **options: Any
    ) -> None:
        self.parley, self.name, self._api = parley, name, api
        self.context: BrowserContext = browser.new_context(base_url=parley.url, **options)
        self.context.set_default_timeout(WAIT_MS)
        self.http = httpx.Client(base_url=parley.url, timeout=60, trust_env=False)
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.expected: list[str] = []
        self.chat = ""
        self._session = ""
        self._hands: list[Hand] = []
        self.context.on("request", lambda request: self.requests.append(request.url))
        self.context.on("weberror", lambda error: self.errors.append(str(error.error)))
        self.context.on("console", self._hear)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    # --- chats ---

    def new_chat(self) -> str:
        """A chat's path; with the first one the session begins, known to the pages as well."""
        self.chat = open_chat(self.http, self.name)
        if not self._session:
            cookies = self.http.cookies.jar
            self.context.add_cookies(
                [{"name": c.name, "value": c.value or "", "url": self.parley.url} for c in cookies]
            )
        return self.chat

    def hand(self, chat: str = "") -> Hand:
        """To write in a chat, the newest or a new one, without the model."""
        chat = chat or self.chat or self.new_chat()
        hand = Hand(self._api, self.session, chat)
        self._hands.append(hand)
        return hand

    def talk(self, *texts: str) -> Hand:
        """A new chat: questions and answers by turns."""
        hand = self.hand(self.new_chat())
        for question, answer in zip(texts[::2], texts[1::2], strict=True):
            hand.exchange(question, answer)
        return hand

    @property
    def session(self) -> str:
        if not self._session:
            found = sql(
                self.parley,
                "SELECT session_id FROM chats WHERE id = %s",
                self.chat.removeprefix("/chats/"),
            )
            self._session = str(found[0][0])
        return self._session

    # --- pages ---

    def open(self, path: str | None = None) -> Page:
        """A new tab, at the newest chat unless told otherwise."""
        page = self.context.new_page()
        page.goto((self.chat or self.new_chat()) if path is None else path)
        return page

    def expect_error(self, pattern: str) -> None:
        """What a browser is to complain about in this test, such as a 404."""
        self.expected.append(pattern)

    def leave(self) -> None:
        """Closes everything; fails if any page had an error or asked another origin."""
        for hand in self._hands:
            hand.let_go()
        self.context.close()
        self.http.close()
        self._check()

    def rest(self) -> None:
        """As `leave`, but the person stays: for those who look at many pages."""
        for hand in self._hands:
            hand.let_go()
        self._hands.clear()
        for page in self.context.pages:
            page.close()
        self._check()
        self.expected.clear()

    def _check(self) -> None:
        unexpected = [e for e in self.errors if not any(re.search(p, e) for p in self.expected)]
        self.errors.clear()
        assert unexpected == []
        home = self.parley.url + "/"
        own = (home, f"blob:{home}", "data:")
        assert [url for url in self.requests if not url.startswith(own)] == []
