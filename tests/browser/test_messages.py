"""What can be done with a message, besides what is in test_flows.py."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakePerson
from tests.browser.support.page import body, hold_time, questions, replies
from tests.browser.support.people import REPLY_MS, Someone, exchanges
from tests.browser.support.states import open_new_token

PERMISSIONS = ["clipboard-read", "clipboard-write"]
CODE = "Here:\n\n```python\nprint('sea')\n```\n\nThat is **all**."
TOP = "element => element.getBoundingClientRect().top"
BOTTOM = "element => element.getBoundingClientRect().bottom"
CLIPBOARD = "navigator.clipboard.readText()"


def test_a_message_is_copied_as_it_was_written_and_code_by_itself(ann: Someone) -> None:
    ann.context.grant_permissions(PERMISSIONS, origin=ann.parley.url)
    page = ann.open_talk("Show me some code.", CODE)
    figure = page.locator("figure.code")
    hold_time(page)  # or it is soon "Copy" again
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
    expect(page.locator("[data-announce]")).to_contain_text("blocked copying")


@pytest.mark.parametrize("width", [360, 1280])
def test_below_a_reply_there_is_little_but_its_buttons(person: MakePerson, width: int) -> None:
    someone = person("Ann", viewport={"width": width, "height": 740})
    page = someone.open_talk("What is the sea?", "Salt water.")
    reply = replies(page).last
    words, buttons = body(reply).evaluate(BOTTOM), reply.locator(".actions")
    assert buttons.evaluate(TOP) - words <= 24
    assert reply.evaluate(BOTTOM) - buttons.evaluate(BOTTOM) <= 24


def test_a_new_token_is_copied(ann: Someone) -> None:
    ann.context.grant_permissions(PERMISSIONS, origin=ann.parley.url)
    ann.new_chat()
    page = open_new_token(ann)
    hold_time(page)
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_title("Copied")).to_have_count(1)
    assert page.evaluate(CLIPBOARD) == page.locator("figure code").inner_text()


def test_earlier_messages_come_in_without_a_jump(ann: Someone) -> None:
    page = ann.open_talk(*exchanges(25))
    page.evaluate("scrollTo(0, 0)")
    first = page.locator(f"[id='{page.locator('.message').first.get_attribute('id')}']")
    page.get_by_role("link", name="Earlier messages").focus()
    before = first.evaluate(TOP)
    page.keyboard.press("Enter")
    expect(page.locator(".message")).to_have_count(51)
    assert abs(first.evaluate(TOP) - before) < 3


def test_what_a_reply_took_is_told_in_its_details_and_the_models_name_in_the_chat(
    visitor: Someone,
) -> None:
    visitor.talk("Say hello.", "Hello.")
    model = "Model: smollm2-135m-instruct"
    visitor.parley.wait(lambda: model in visitor.http.get(visitor.chat).text)  # it may be busy
    page = visitor.open()
    expect(page.get_by_text(model)).to_be_visible()
    expect(replies(page).last).not_to_contain_text("tokens")
    visitor.act_on(replies(page).last, "Details")
    for fact in ("smollm2", "40 tokens", "60 tokens, 30 tokens/s", "0.2 s", "2.2 s"):
        expect(page.locator(".facts")).to_contain_text(fact)


def test_an_earlier_reply_is_regenerated_from_its_details(visitor: Someone) -> None:
    page = visitor.open_talk("First", "One.", "Second", "Two.")
    expect(page.get_by_role("button", name="Regenerate")).to_have_count(1)
    visitor.act_on(replies(page).nth(1), "Details")
    again = page.get_by_role("button", name="Regenerate")
    assert again.evaluate(TOP) - page.locator(".source").evaluate(BOTTOM) >= 8
    visitor.press(again)
    expect(replies(page).last).to_contain_text("2/2", timeout=REPLY_MS)
    expect(questions(page)).to_have_count(1)
