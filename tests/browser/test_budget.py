"""Small: what pages cost, counted on the wire."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESK
from tests.browser.support.page import prompt
from tests.browser.support.people import Profile, Someone
from tests.browser.support.states import fill
from tests.browser.support.writer import DbApi
from tests.support.local_stack import LocalStack

MOST_REQUESTS = 8  # of the first page; and of a chat that is opened after it
MOST_BYTES = 60_000  # of both together, without what only a formula asks for
MOST_FONT_BYTES = 300_000


class Visit:
    """What a tab asks for, page by page, with the bytes of each answer, headers included. What the
    browser has already costs nothing and is not listed."""

    def __init__(self, page: Page) -> None:
        self.pages: list[list[str]] = []
        self.headers: dict[str, dict[str, str]] = {}
        self.sizes: dict[str, int] = {}
        self._page, self._urls = page, dict[str, str]()
        page.on("response", lambda answer: self.headers.update({answer.url: answer.headers}))
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.on("Network.requestWillBeSent", self._begin)
        devtools.on("Network.loadingFinished", self._finish)

    def _begin(self, event: dict[str, Any]) -> None:
        self._urls[event["requestId"]] = event["request"]["url"]

    def _finish(self, event: dict[str, Any]) -> None:
        if event["encodedDataLength"]:
            self.sizes[self._urls[event["requestId"]]] = int(event["encodedDataLength"])

    def end_page(self) -> None:
        """Waits until the page asks for nothing more."""
        self._page.wait_for_load_state("networkidle")
        self.pages.append(list(self.sizes)[sum(map(len, self.pages)) :])


@pytest.fixture(scope="module")
def visit(chromium: Browser, parley: LocalStack, api: DbApi) -> Iterator[Visit]:
    """Somebody whose browser has nothing of Parley yet opens the first page, then a chat."""
    newcomer = Someone(Profile(chromium, parley.url, **DESK), parley, api, "Ann")
    page = newcomer.profile.next_tab()
    visit = Visit(page)
    page.goto("/")
    expect(page.get_by_label("Your name")).to_be_focused()
    visit.end_page()
    fill(newcomer)
    page.goto(newcomer.chat)
    expect(prompt(page)).to_be_focused()
    visit.end_page()
    yield visit
    newcomer.leave()


def test_pages_are_ready_to_type_after_few_requests_and_bytes(visit: Visit) -> None:
    for requests in visit.pages:
        assert 3 <= len(requests) <= MOST_REQUESTS, requests
    fonts = {url: size for url, size in visit.sizes.items() if url.endswith(".woff2")}
    assert sum(visit.sizes.values()) - sum(fonts.values()) <= MOST_BYTES, visit.pages
    assert 0 < sum(fonts.values()) <= MOST_FONT_BYTES
    assert fonts.keys().isdisjoint(visit.pages[0]), "the first page has no formula"


def test_everything_on_the_wire_that_is_text_is_compressed_and_kept(visit: Visit) -> None:
    assert len([url for url in visit.headers if "/static/" in url]) >= 3
    for url, headers in visit.headers.items():
        if int(headers.get("content-length", 1000)) >= 512 and not url.endswith(".woff2"):
            assert headers.get("content-encoding") == "gzip", url
        assert ("immutable" in headers["cache-control"]) == ("/static/" in url), url
