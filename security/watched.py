"""A browser in which everything is noted that a page does and that no page of ours would do."""

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from faults.scenarios.scenario import Unavailable
from playwright.sync_api import BrowserContext, Dialog, Error, Page, Request, sync_playwright
from tests.chat_ui.safe_html import ATTRIBUTES, TAGS, VALUES

WATCH = Path(__file__).with_name("watch_page.js")
OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]  # fmt: skip
PATIENCE_MS = 30_000
WORDS = "A word."
POLICY = "Content Security Policy"  # how Chromium names it where it stops something


class Watched:
    """One person's browser at `url`. `shapes` are those of all elements seen so far, and `wrong`
    what no page may do; `looked` counts the pages."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self._context, self._home = context, f"{url}/"
        self.shapes: set[str] = set()
        self.wrong: set[str] = set()
        self.looked = 0
        self._where = ""
        context.set_default_timeout(PATIENCE_MS)
        context.on("request", self._note_request)
        context.on("response", lambda answer: self._note(answer.status >= 500, str(answer.status)))
        context.on("dialog", self._close_dialog)
        context.on("console", lambda said: self._note(POLICY in said.text, said.text[:160]))
        self.page = context.new_page()
        context.on("page", lambda page: self._note(True, f"a window opened: {page.url}"))

    def known_as(self, client: httpx.Client) -> None:
        """It has that client's session from now on."""
        cookies = [
            {"name": each.name, "value": each.value or "", "url": self._home}
            for each in client.cookies.jar
        ]
        self._context.clear_cookies()
        self._context.add_cookies(cookies)  # type: ignore[arg-type]  # its own type, of the same

    @contextmanager
    def looking_at(self, what: str) -> Iterator[Page]:
        """Whatever is noted meanwhile is said of `what`, and if it can't be used, that."""
        self._where = what
        self.looked += 1
        try:
            yield self.page
            self._look()
        except Error as error:
            self._note(True, f"it can't be used: {error.message.splitlines()[0][:160]}")

    def look_at(self, path: str, what: str) -> None:
        """Opens the page, and sees whether it can be used."""
        with self.looking_at(what) as page:
            page.goto(self._home.rstrip("/") + path)

    def leave(self) -> None:
        """For an empty page, which goes nowhere by itself."""
        self.page.goto("about:blank")

    def follow(self, path: str, what: str, is_over: Callable[[], bool]) -> None:
        """Opens a page that grows, and looks at it until that `is_over` and it leads away."""
        self._where = what
        self.looked += 1
        self.page.goto(self._home.rstrip("/") + path, wait_until="commit")
        opened = self.page.url
        while not is_over() or self.page.url == opened:
            with contextlib.suppress(Error):  # just on its way
                self._collect()
            self.page.wait_for_timeout(50)

    def type_and_send(self, text: str) -> None:
        """By the composer."""
        self.page.locator("#prompt").fill(text)
        self.page.get_by_role("button", name="Send").click(no_wait_after=True)

    def save(self, path: str, what: str) -> None:
        """Opens an address that leads to a file, which the browser saves without showing it."""
        self._where = what
        self.looked += 1
        try:
            with self.page.expect_download() as saved, contextlib.suppress(Error):
                self.page.goto(self._home.rstrip("/") + path)  # an error: it leads to no page
            saved.value.delete()
        except Error:
            self._note(True, "it was not saved")

    def _look(self) -> None:
        field = self.page.locator("#prompt")
        if field.count():
            field.fill(WORDS)
            self._note(field.input_value() != WORDS, "nothing can be typed")
            field.fill("")
        self._collect()

    def _collect(self) -> None:
        seen = self.page.evaluate("window.tellSeen()")
        self.shapes |= set(seen["shapes"])
        for each in seen["wrong"]:
            self._note(True, each)

    def _note(self, is_wrong: bool, words: str) -> None:
        if is_wrong:
            self.wrong.add(f"{self._where}: {words}")

    def _note_request(self, request: Request) -> None:
        own = (self._home, f"blob:{self._home}", "data:", "about:")
        self._note(not request.url.startswith(own), f"asked for {request.url[:80]}")

    def _close_dialog(self, dialog: Dialog) -> None:
        self._note(True, f"a dialog: {dialog.message[:80]}")
        dialog.dismiss()


@contextmanager
def open_watched(url: str) -> Iterator[Callable[[], Watched]]:
    """Makes browsers, each with a profile of its own. Unavailable without Chromium."""
    program = shutil.which("chromium")
    if not program:
        assert not os.environ.get("CI"), "CI needs Chromium"
        raise Unavailable("no Chromium here (Debian: chromium)")
    values = {name: each for name, each in VALUES.items() if name not in ("href", "id")}
    text = {"tags": sorted(TAGS), "attributes": sorted(ATTRIBUTES), "values": values}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=OPTIONS)
        try:

            def make() -> Watched:
                context = chromium.new_context()
                context.add_init_script(f"({WATCH.read_text().strip()})({json.dumps(text)})")
                return Watched(context, url)

            yield make
        finally:
            chromium.close()
