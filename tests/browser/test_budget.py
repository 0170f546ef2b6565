"""Small: what a first visit costs, counted on the wire."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Person
from tests.browser.support.states import fill

MOST_REQUESTS = 8
MOST_BYTES = 60_000


class Wire:
    """What a page asks for, with the bytes of each answer, headers included."""

    def __init__(self, page: Page) -> None:
        self.urls: dict[str, str] = {}
        self.sizes: dict[str, int] = {}
        devtools = page.context.new_cdp_session(page)
        devtools.send("Network.enable")
        devtools.on("Network.requestWillBeSent", self._ask)
        devtools.on("Network.loadingFinished", self._finish)

    def _ask(self, event: dict[str, Any]) -> None:
        self.urls[event["requestId"]] = event["request"]["url"]

    def _finish(self, event: dict[str, Any]) -> None:
        self.sizes[event["requestId"]] = int(event["encodedDataLength"])

    def answers(self) -> list[tuple[str, int]]:
        """Address and bytes of each; what the browser had already costs nothing."""
        return [(self.urls[key], size) for key, size in self.sizes.items() if size]


@pytest.mark.parametrize("where", ["first page", "chat"])
def test_a_page_is_ready_to_type_after_few_requests_and_bytes(person: Person, where: str) -> None:
    someone = person("Ann", viewport={"width": 1280, "height": 800})
    if where == "chat":
        fill(someone)
    page = someone.context.new_page()
    wire = Wire(page)
    page.goto(someone.chat or "/")
    field = page.get_by_label("Your message" if where == "chat" else "Your name")
    expect(field).to_be_focused()
    page.wait_for_load_state("networkidle")
    answers = wire.answers()
    assert 3 <= len(answers) <= MOST_REQUESTS, answers
    assert sum(size for _, size in answers) <= MOST_BYTES, answers


def test_everything_on_the_wire_that_is_text_is_compressed_and_kept(person: Person) -> None:
    someone = person("Ann")
    fill(someone)
    page = someone.context.new_page()
    answers = {}
    page.on("response", lambda answer: answers.update({answer.url: answer.headers}))
    page.goto(someone.chat)
    page.wait_for_load_state("networkidle")
    assets = {url: headers for url, headers in answers.items() if "/static/" in url}
    assert len(assets) >= 3
    for url, headers in answers.items():
        if int(headers.get("content-length", 1000)) >= 512:
            assert headers.get("content-encoding") == "gzip", url
    for url, headers in assets.items():
        assert "immutable" in headers["cache-control"], url
