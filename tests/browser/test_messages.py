"""What can be done with a message, besides what is in test_flows.py."""

from playwright.sync_api import expect

from tests.browser.support.page import questions, replies
from tests.browser.support.people import Someone, exchanges

PERMISSIONS = ["clipboard-read", "clipboard-write"]
CODE = "Here:\n\n```python\nprint('sea')\n```\n\nThat is **all**."
TOP = "element => element.getBoundingClientRect().top"
CLIPBOARD = "navigator.clipboard.readText()"


def test_a_message_is_copied_as_it_was_written_and_code_by_itself(ann: Someone) -> None:
    ann.context.grant_permissions(PERMISSIONS, origin=ann.parley.url)
    page = ann.open_talk("Show me some code.", CODE)
    figure = page.locator("figure.code")
    for place, text in (
        (replies(page).last.locator(".actions"), CODE),
        (figure, "print('sea')\n"),
        (questions(page).last.locator(".actions"), "Show me some code."),
    ):
        place.get_by_role("button", name="Copy").press("Enter")
        expect(place.get_by_title("Copied")).to_have_count(1)
        expect(page.locator("[data-announce]")).to_contain_text("Copied")
        assert page.evaluate(CLIPBOARD) == text
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error()); }")
    figure.get_by_role("button").click()
    expect(page.locator("[data-announce]")).to_contain_text("did not allow copying")


def test_earlier_messages_come_in_without_a_jump(ann: Someone) -> None:
    page = ann.open_talk(*exchanges(25))
    page.evaluate("scrollTo(0, 0)")
    first = page.locator(f"[id='{page.locator('.message').first.get_attribute('id')}']")
    page.get_by_role("link", name="Earlier messages").focus()
    before = first.evaluate(TOP)
    page.keyboard.press("Enter")
    expect(page.locator(".message")).to_have_count(51)
    assert abs(first.evaluate(TOP) - before) < 3


def test_what_a_reply_took_is_told_on_demand(ann: Someone) -> None:
    page = ann.open_talk("Say hello.", "Hello.")
    replies(page).last.locator("summary").click()
    expect(replies(page).last.locator(".figures")).to_contain_text("tokens/s")
    ann.act_on(replies(page).last, "Details")
    expect(page.locator(".facts")).to_contain_text("smollm2")
    expect(page.locator(".facts")).to_contain_text("First word after")
