"""A real browser on the whole of it: with JavaScript, and without."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

from tests.support.local_stack import LocalStack

CHROMIUM = shutil.which("chromium")
OPTIONS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
WAIT_MS = 120_000

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("CI"), reason="no Chromium here (Debian: chromium)"
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


class Watched:
    """A page whose requests and console errors are noted."""

    def __init__(self, context: BrowserContext) -> None:
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.page: Page = context.new_page()
        self.page.set_default_timeout(WAIT_MS)
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console",
            lambda message: self.errors.append(message.text) if message.type == "error" else None,
        )

    def start(self, parley: LocalStack) -> None:
        """From the home page into a new chat."""
        self.page.goto(parley.url)
        self.page.get_by_label("Your name").fill("Ann")
        self.page.get_by_role("button", name="chat").last.click()
        expect(self.page.get_by_label("Your message")).to_be_focused()
        self.wait_for_scripts()

    def wait_for_scripts(self) -> None:
        """Until the page is live: a test types faster than a busy machine loads."""
        self.page.evaluate("customElements.whenDefined('parley-chat').then(() => true)")


def test_with_javascript_the_reply_grows_in_place(chromium: Browser, parley: LocalStack) -> None:
    watched = Watched(chromium.new_context())
    page = watched.page
    watched.start(parley)
    address = page.url
    page.get_by_label("Your message").fill("What is the capital of France?")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your message")).to_have_value("")
    expect(page).to_have_title("What is the capital of France? · Parley")
    expect(page.locator("h1")).to_have_text("What is the capital of France?")
    reply = page.locator(".message.assistant").last
    expect(reply).to_contain_text("Paris", timeout=WAIT_MS)
    expect(page.locator("[data-unfinished]")).to_have_count(0, timeout=WAIT_MS)
    answer = reply.locator(".body").inner_text()
    assert page.url == address, "no page was loaded anew"
    page.reload()
    expect(page.locator(".message.assistant").last.locator(".body")).to_have_text(answer)
    assert watched.errors == []
    assert all(request.startswith(parley.url) for request in watched.requests)


def test_a_message_is_shown_once_even_if_the_stream_is_faster_than_the_answer(
    chromium: Browser, parley: LocalStack
) -> None:
    watched = Watched(chromium.new_context())
    page = watched.page
    watched.start(parley)
    page.get_by_label("Your message").fill("Tell me a long story about the sea.")
    page.keyboard.press("Enter")
    page.locator("[data-unfinished]").first.wait_for()

    def answer_late(route: Route) -> None:
        response = route.fetch()
        page.wait_for_timeout(1000)
        route.fulfill(response=response)

    page.route("**/generate/*", answer_late)
    page.get_by_label("Your message").fill("Say hello.")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your message")).to_have_value("", timeout=WAIT_MS)
    expect(page.locator("[data-unfinished]")).to_have_count(0, timeout=WAIT_MS)
    numbers = page.locator(".message").evaluate_all("all => all.map(one => one.dataset.seq)")
    assert numbers == ["1", "2", "3", "4", "5"]
    assert watched.errors == []


@pytest.mark.parametrize(
    ("status", "words"), [(413, "the limit is 32768 bytes"), (502, "could not be sent")]
)
def test_a_gateways_own_page_is_explained_and_the_text_stays(
    chromium: Browser, parley: LocalStack, status: int, words: str
) -> None:
    watched = Watched(chromium.new_context())
    page = watched.page
    watched.start(parley)
    page.route("**/generate/*", lambda route: route.fulfill(status=status, body="<h1>No</h1>"))
    page.get_by_label("Your message").fill("precious words")
    page.keyboard.press("Enter")
    expect(page.locator("[data-notice]:visible")).to_contain_text(words)
    expect(page.get_by_label("Your message")).to_have_value("precious words")
    expect(page.locator("h1", has_text="No")).to_have_count(0)


def test_stop_leaves_the_keyboard_at_the_message_box(chromium: Browser, parley: LocalStack) -> None:
    watched = Watched(chromium.new_context())
    page = watched.page
    watched.start(parley)
    page.get_by_label("Your message").fill("Tell me a long story about the sea.")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Stop").press("Enter")
    expect(page.locator(".status.stopped")).to_contain_text("Stopped.")
    expect(page.get_by_label("Your message")).to_be_focused()


def test_a_tab_that_is_looked_at_again_shows_what_another_wrote(
    chromium: Browser, parley: LocalStack
) -> None:
    context = chromium.new_context()
    first, second = Watched(context), Watched(context)
    first.start(parley)
    second.page.goto(first.page.url)
    second.wait_for_scripts()
    first.page.get_by_label("Your message").fill("Say hello.")
    first.page.keyboard.press("Enter")
    expect(first.page.locator(".message")).to_have_count(3)
    expect(first.page.locator("[data-unfinished]")).to_have_count(0, timeout=WAIT_MS)
    second.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(second.page.locator(".message")).to_have_count(3)


def test_a_reload_in_mid_reply_loses_nothing(chromium: Browser, parley: LocalStack) -> None:
    watched = Watched(chromium.new_context())
    page = watched.page
    watched.start(parley)
    page.get_by_label("Your message").fill("Tell me a long story about the sea.")
    page.keyboard.press("Enter")
    page.locator("[data-unfinished] .open *").first.wait_for()
    page.reload()
    expect(page.locator(".message.user")).to_have_count(1)
    expect(page.locator("[data-unfinished]")).to_have_count(0, timeout=WAIT_MS)
    expect(page.locator(".message.assistant")).to_have_count(2)
    assert watched.errors == []


def test_without_javascript_the_page_grows_and_leads_back(
    chromium: Browser, parley: LocalStack
) -> None:
    watched = Watched(chromium.new_context(java_script_enabled=False))
    page = watched.page
    page.goto(parley.url)
    page.get_by_label("Your name").fill("Bob")
    page.get_by_role("button", name="Start").click()
    chat = page.url
    page.get_by_label("Your message").fill("Tell me a long story about the sea.")
    page.get_by_role("button", name="Send").click(no_wait_after=True)
    page.wait_for_url(f"{chat}/live", wait_until="commit")
    page.wait_for_url(f"{chat}#end", timeout=WAIT_MS)
    expect(page.locator("[data-unfinished]")).to_have_count(0)
    expect(page.locator(".message.assistant")).to_have_count(2)
    assert watched.errors == []


def test_the_swagger_page_works_under_the_strict_policy(
    chromium: Browser, parley: LocalStack
) -> None:
    watched = Watched(chromium.new_context())
    watched.page.goto(f"{parley.url}/docs")
    expect(watched.page.locator(".opblock")).not_to_have_count(0)
    watched.page.locator(".opblock").first.click()
    watched.page.get_by_role("button", name="Try it out").click()
    watched.page.get_by_role("button", name="Execute").click()
    expect(watched.page.locator(".live-responses-table")).to_contain_text("200")
    assert watched.errors == []
    assert all(request.startswith(parley.url) for request in watched.requests)
