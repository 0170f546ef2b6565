"""People, each with a browser of their own, every page of which is watched for errors."""

import re
from functools import cached_property
from typing import Any

import httpx
from playwright.sync_api import Browser, ConsoleMessage, Error, Locator, Page

from tests.browser.support.keys import tab_to
from tests.browser.support.writer import ChatWriter, DbApi, ReplyWriter
from tests.support.local_stack import LocalStack
from tests.support.person import open_chat
from tests.support.sql import sql

WAIT_MS = 60_000  # only a test that fails waits so long
REPLY_MS = 120_000  # for the real model on a machine that does other things, too


def exchanges(count: int) -> list[str]:
    """Questions and answers by turns, numbered from 0."""
    return [text for n in range(count) for text in (f"Question {n}", "An answer.\n\n" * 5)]


class Profile:
    """A browser with cookies and a first tab, which one person after another uses: a new tab takes
    several times as long as a new page in a tab that is there."""

    def __init__(self, browser: Browser, url: str, **options: Any) -> None:
        self.context = browser.new_context(base_url=url, **options)
        self.context.set_default_timeout(WAIT_MS)
        self.tab = self.context.new_page()
        self.requests: list[str] = []
        self.errors: list[str] = []
        self._size = options.get("viewport")
        self.context.on("request", lambda request: self.requests.append(request.url))
        self.context.on("weberror", lambda error: self.errors.append(str(error.error)))
        self.context.on("console", self._hear)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def next_tab(self) -> Page:
        """The first one if it is empty, otherwise a new one."""
        return self.tab if self.tab.url == "about:blank" else self.context.new_page()

    def _forget(self) -> None:
        """Again, if the page was just on its way to the next one."""
        for last in (False, False, True):
            try:
                self.tab.evaluate("localStorage.clear(); sessionStorage.clear()")
            except Error:
                if last:
                    raise
                self.tab.wait_for_load_state()
            else:
                return

    def clean(self) -> None:
        """Leaves nothing of the person who used it."""
        for page in self.context.pages:
            if page != self.tab:
                page.close()
        self.tab.unroute_all()
        if self.tab.url != "about:blank":
            self._forget()
            self.tab.goto("about:blank")
        if self._size:
            self.tab.set_viewport_size(self._size)
        self.context.clear_cookies()
        self.context.clear_permissions()
        self.requests.clear()
        self.errors.clear()


class Someone:
    """A person: `http` and the pages share a session; `chat` is the newest one's path."""

    def __init__(self, profile: Profile, parley: LocalStack, api: DbApi, name: str) -> None:
        self.profile, self.parley, self.name, self._api = profile, parley, name, api
        self.context = profile.context
        self.http = httpx.Client(base_url=parley.url, timeout=60, trust_env=False)
        self.by_keyboard, self.scripts = False, True
        self.expected: list[str] = []
        self.chat = ""
        self._writers: list[ChatWriter] = []

    # --- chats ---

    def new_chat(self) -> str:
        """A chat's path; with the first one the session begins, known to the pages as well."""
        self.chat = open_chat(self.http, self.name)
        self.show_cookies()
        return self.chat

    def show_cookies(self) -> None:
        """From now on the pages have the session's cookie."""
        self.context.add_cookies(
            [
                {"name": cookie.name, "value": cookie.value or "", "url": self.parley.url}
                for cookie in self.http.cookies.jar
            ]
        )

    def writer(self, chat: str = "") -> ChatWriter:
        """To write in a chat, the newest or a new one, without the model."""
        chat = chat or self.chat or self.new_chat()
        self._writers.append(ChatWriter(self._api, self.session, chat))
        return self._writers[-1]

    def talk(self, *texts: str) -> ChatWriter:
        """A new chat: questions and answers by turns."""
        writer = self.writer(self.new_chat())
        for question, answer in zip(texts[::2], texts[1::2], strict=True):
            writer.exchange(question, answer)
        return writer

    @cached_property
    def session(self) -> str:
        chat = self.chat.removeprefix("/chats/")
        found = sql(self.parley, "SELECT session_id FROM chats WHERE id = %s", chat)
        return str(found[0][0])

    # --- pages ---

    def open(self, path: str | None = None) -> Page:
        """In the next tab: the newest chat unless told otherwise."""
        page = self.profile.next_tab()
        page.goto((self.chat or self.new_chat()) if path is None else path)
        return page

    def open_talk(self, *texts: str) -> Page:
        """A new chat with these questions and answers by turns."""
        self.talk(*texts)
        return self.open()

    def open_reply(self, text: str = "") -> tuple[ReplyWriter, Page]:
        """A chat with a reply that has come so far."""
        reply = self.writer().ask("What is the sea?")
        if text:
            reply.write(text)
        return reply, self.open()

    def press(self, locator: Locator) -> None:
        """By mouse, or by walking there with Tab, as one who has no mouse does."""
        if not self.by_keyboard:
            return locator.click(no_wait_after=True)
        tab_to(locator)
        locator.page.keyboard.press("Enter")

    def fill(self, field: Locator, text: str) -> None:
        """Replaces what is in the field."""
        if not self.by_keyboard:
            return field.fill(text)
        tab_to(field)
        field.page.keyboard.press("Control+a")
        field.page.keyboard.type(text)

    def choose(self, page: Page, name: str) -> None:
        """From the menu of the chat."""
        if not page.locator("details.menu[open]").count():
            self.press(page.locator("summary", has_text="Chat options"))
        self.press(page.locator("details.menu li", has_text=name).locator("a, button"))

    def act_on(self, message: Locator, name: str) -> None:
        """A button or link below a message."""
        actions = message.locator(".actions")
        button = actions.get_by_role("button", name=name)
        self.press(actions.get_by_title(name, exact=True).or_(button))

    def edit(self, page: Page, text: str = "") -> Locator:
        """The field in which the last question is edited, with this text if there is one. The page
        and its scripts are there."""
        self.act_on(page.locator(".message.user").last, "Edit")
        field = page.locator("#edited")
        field.wait_for()
        page.wait_for_load_state()
        if text:
            self.fill(field, text)
        return field

    # --- the end ---

    def expect_error(self, pattern: str) -> None:
        """What a browser is to complain about in this test, such as a 404."""
        self.expected.append(pattern)

    def rest(self) -> None:
        """Closes the pages; fails if any had an error or asked another origin."""
        errors = [e for e in self.profile.errors if not any(re.search(p, e) for p in self.expected)]
        home = f"{self.parley.url}/"
        viewer = ("chrome-extension:", "chrome:")  # Chromium's own, of PDF files
        own = (home, f"blob:{home}", "data:", "about:", *viewer)
        foreign = [url for url in self.profile.requests if not url.startswith(own)]
        self.expected.clear()
        self.profile.clean()
        for writer in self._writers:
            writer.release()  # after the pages, which would load another page when a reply ends
        self._writers.clear()
        assert errors + foreign == [], "\n".join(errors + foreign)

    def leave(self) -> None:
        """As `rest`, and the profile is free for the next."""
        self.http.close()
        self.rest()
