"""Places on a page, by what they are to a person, and what is awaited there."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.support.people import REPLY_MS
from tests.support.waiting import wait_until

LIST = "**/chats?**"  # which is asked for every few seconds
AT_END = "innerHeight + scrollY >= document.body.scrollHeight - 2"
FITS = "document.documentElement.scrollWidth <= innerWidth"  # nothing sticks out sideways


def prompt(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Your message")


def replies(page: Page) -> Locator:
    return page.locator(".message.assistant")


def questions(page: Page) -> Locator:
    return page.locator(".message.user")


def body(message: Locator) -> Locator:
    return message.locator(".body")


def side(page: Page) -> Locator:
    """The list of chats."""
    return page.get_by_role("navigation", name="Chats")


def problem(page: Page) -> Locator:
    """What is said to have gone wrong."""
    return page.locator(".problem:visible")


def send(page: Page, text: str) -> None:
    """By mouse."""
    prompt(page).fill(text)
    page.get_by_role("button", name="Send").click(no_wait_after=True)


def send_past_the_counter(page: Page) -> None:
    """What is in the field, even if its script finds it too long."""
    page.locator("#composer").evaluate("form => { form.noValidate = true; form.requestSubmit(); }")


def save(page: Page) -> None:
    page.get_by_role("button", name="Save").click()


def wait_until_final(page: Page) -> None:
    """Until the last message is a reply that has ended; then there is something to do with it."""
    last = page.locator(".message.assistant:not(:has(~ .message))")
    expect(last.locator(".actions")).to_be_attached(timeout=REPLY_MS)


def wait_until_in_view(locator: Locator) -> None:
    """Until its first line can be seen between the bar and the composer."""
    script = """element => {
        const { top } = element.getBoundingClientRect();
        const bar = document.querySelector(".bar").getBoundingClientRect().bottom;
        const dock = document.querySelector(".dock")?.getBoundingClientRect().top;
        return top >= bar - 1 && top < (dock || innerHeight);
    }"""
    wait_until(lambda: locator.evaluate(script))


def wait_until_true(page: Page, expression: str) -> None:
    """Until the page says so. (Playwright's own wait needs `eval`, which our policy forbids.)"""
    wait_until(lambda: page.evaluate(expression))


def hear_of_nothing(page: Page) -> None:
    """From now on the list of chats does not tell the page what happens in other windows."""
    page.route(LIST, lambda route: route.fulfill(status=204))


def hold_time(page: Page) -> None:
    """From now on time passes in the page only by `later()`."""
    page.evaluate("""() => {
        const timers = [];
        window.setTimeout = (run) => timers.push(run);
        window.later = () => timers.splice(0).forEach((run) => run());
    }""")
