"""Places on a page, by what they are to a person, and what is done with keys."""

import time

from playwright.sync_api import Locator, Page, expect

from tests.browser.support.people import REPLY_MS, WAIT_MS

AT_END = "innerHeight + scrollY >= document.body.scrollHeight - 2"


def prompt(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Your message")


def replies(page: Page) -> Locator:
    return page.locator(".message.assistant")


def questions(page: Page) -> Locator:
    return page.locator(".message.user")


def side(page: Page) -> Locator:
    """The list of chats."""
    return page.get_by_role("navigation", name="Chats")


def send(page: Page, text: str) -> None:
    """By mouse."""
    prompt(page).fill(text)
    page.get_by_role("button", name="Send").click()


def allow_long_replies(page: Page) -> None:
    """The chat's real replies may get so long that there is time to press Stop."""
    form: dict[str, str | float | bool] = {
        "system_prompt": "You tell stories.",
        "reply_tokens": 999,
    }
    page.request.post(f"{page.url.partition('#')[0]}/settings", form=form)


def wait_until_final(page: Page) -> None:
    """Until no reply is unfinished."""
    expect(page.locator("[data-unfinished]")).to_have_count(0, timeout=REPLY_MS)


def choose(page: Page, name: str) -> None:
    """From the menu of the chat, by mouse."""
    if not page.locator("details.menu[open]").count():
        page.locator("summary", has_text="This chat").click()
    page.locator("details.menu li", has_text=name).locator("a, button").click()


def act_on(message: Locator, name: str) -> None:
    """A button or link below a message, by mouse."""
    message.hover()
    actions = message.locator(".actions")
    actions.get_by_title(name, exact=True).or_(actions.get_by_role("button", name=name)).click()


def has_focus(locator: Locator) -> bool:
    return bool(locator.evaluate("element => element === document.activeElement"))


def tab_to(locator: Locator, key: str = "Tab", most: int = 80) -> None:
    """Walks there with the Tab key, as one who has no mouse does."""
    locator.wait_for(state="attached")
    page = locator.page
    for _ in range(most):
        page.keyboard.press(key)
        if has_focus(locator):
            return
    raise AssertionError(f"{key} does not lead to {locator}")


def press_on(locator: Locator, key: str = "Enter", by: str = "Tab") -> None:
    """Walks there and presses it."""
    tab_to(locator, by)
    locator.page.keyboard.press(key)


def is_in_view(locator: Locator) -> bool:
    """Whether its first line can be seen between the bar and the composer."""
    script = """element => {
        const { top } = element.getBoundingClientRect();
        const bar = document.querySelector(".bar").getBoundingClientRect().bottom;
        const dock = document.querySelector(".dock")?.getBoundingClientRect().top;
        return top >= bar - 1 && top < (dock || innerHeight);
    }"""
    return bool(locator.evaluate(script))


def wait_until(page: Page, expression: str) -> None:
    """Until the page says so. (Playwright's own wait needs `eval`, which our policy forbids.)"""
    deadline = time.monotonic() + WAIT_MS / 1000
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"it never came to {expression}"
        page.wait_for_timeout(50)
