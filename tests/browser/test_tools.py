"""Tools that a message calls: from the list that "/" opens, and from the menu."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import MakePerson
from tests.browser.support.axe import findings
from tests.browser.support.page import prompt, questions, replies, send
from tests.browser.support.people import REPLY_MS, Someone


def options(page: Page) -> Locator:
    return page.get_by_role("listbox", name="Tools").get_by_role("option")


def test_a_slash_opens_the_list_and_keys_choose_in_it(ann: Someone) -> None:
    page = ann.open()
    prompt(page).press_sequentially("/")
    expect(options(page)).to_have_count(4)
    expect(options(page).first).to_have_attribute("aria-selected", "true")
    assert findings(page) == []
    page.keyboard.press("ArrowDown")
    chosen = options(page).nth(1)
    expect(chosen).to_have_attribute("aria-selected", "true")
    active = chosen.get_attribute("id")
    assert active
    expect(prompt(page)).to_have_attribute("aria-activedescendant", active)
    page.keyboard.press("Escape")
    expect(options(page)).to_have_count(0)
    expect(prompt(page)).to_have_value("/")
    prompt(page).press_sequentially("calc")
    expect(options(page)).to_have_count(1)
    page.keyboard.press("Enter")
    expect(prompt(page)).to_have_value("/calculator ")
    expect(options(page)).to_have_count(0)
    page.keyboard.type("12*(3+4)")
    page.keyboard.press("Enter")
    expect(replies(page).last).to_contain_text("= 84", timeout=REPLY_MS)


def test_at_home_all_of_the_menu_can_be_seen(visitor: Someone) -> None:
    page = visitor.open()
    page.goto("/")
    visitor.press(page.locator(".tools summary"))
    for name in ("calculator", "date", "search-chats", "search-documents"):
        tool = page.get_by_role("button", name=f"/{name}")
        expect(tool).to_be_in_viewport(ratio=1)
        tool.click(trial=True)  # nothing covers it


@pytest.mark.parametrize("width", [360, 1280])
def test_at_home_the_list_begins_below_the_bar(person: MakePerson, width: int) -> None:
    someone = person("Ann", viewport={"width": width, "height": 740})
    page = someone.open()
    page.goto("/")
    prompt(page).press_sequentially("/")
    expect(options(page)).to_have_count(4)
    expect(options(page).first).to_be_in_viewport(ratio=1)
    options(page).first.click(trial=True)  # nothing covers it


def test_enter_sends_a_name_that_is_complete(ann: Someone) -> None:
    page = ann.open()
    prompt(page).press_sequentially("/Date")
    expect(options(page)).to_have_count(1)
    page.keyboard.press("Enter")
    expect(replies(page).last).to_contain_text("UTC", timeout=REPLY_MS)


def test_a_call_of_the_model_s_is_a_card_as_soon_as_it_begins(ann: Someone) -> None:
    page = ann.open()
    reply = ann.writer().ask("6*7?")
    expect(replies(page).last).to_contain_text("Thinking", timeout=REPLY_MS)
    card = replies(page).last.locator(".call")
    reply.call(1, "calculator", '{"expression": "6*7"}')
    expect(card).to_contain_text("Running…")
    reply.call(1, "calculator", '{"expression": "6*7"}', result="= **42**")
    expect(card).to_have_count(1)
    expect(card).not_to_contain_text("Running…")
    card.locator("summary").click()
    expect(card.get_by_text("= **42**")).to_be_visible()
    reply.write("It is ")
    expect(replies(page).last.locator(".body")).to_contain_text("It is")
    expect(card.get_by_text("= **42**")).to_be_visible()
    reply.finish("42.")
    expect(replies(page).last.locator(".body")).to_have_text("It is 42.")
    expect(card).to_have_count(1)
    assert findings(page) == []


def test_what_is_no_call_opens_no_list(ann: Someone) -> None:
    page = ann.open()
    for text in ("/nothing", "a /", "/date now"):
        prompt(page).fill("")
        prompt(page).press_sequentially(text)
        expect(options(page)).to_have_count(0)


def test_a_tap_chooses(phone: Someone) -> None:
    page = phone.open()
    prompt(page).press_sequentially("/")
    options(page).filter(has_text="/date").tap()
    expect(prompt(page)).to_have_value("/date ")
    page.get_by_role("button", name="Send").tap()
    expect(replies(page).last).to_contain_text("UTC", timeout=REPLY_MS)


def test_the_menu_writes_a_tool_s_name(ann: Someone) -> None:
    page = ann.open()
    prompt(page).fill("1+2")
    page.locator(".tools summary").click()
    page.get_by_role("button", name="/calculator").click()
    expect(prompt(page)).to_have_value("/calculator 1+2")
    expect(prompt(page)).to_be_focused()


def test_without_scripts_a_tool_asks_for_the_text_that_it_needs(plain: Someone) -> None:
    plain.expect_error("422")
    page = plain.open()
    page.goto("/")
    page.locator(".tools summary").click()
    page.get_by_role("button", name="/calculator").click()
    expect(page.get_by_text("Write the text for /calculator")).to_be_visible()
    expect(prompt(page)).to_be_focused()
    page.keyboard.type("12*3")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(questions(page)).to_contain_text("/calculator 12*3")
    expect(replies(page).last).to_contain_text("= 36", timeout=REPLY_MS)


def test_a_tool_that_was_chosen_before_scripts_ran_is_called_once(ann: Someone) -> None:
    ann.expect_error("422")
    page = ann.open()
    page.evaluate("""() => {
        const [form] = document.querySelectorAll("#composer");
        const chosen = form.cloneNode(true);  // without what scripts have added
        form.replaceWith(chosen);
        chosen.querySelector("[name=tool][value=calculator]").click();
    }""")
    expect(page.get_by_text("Write the text for /calculator")).to_be_visible()
    send(page, "12*3")
    expect(questions(page).last).to_contain_text("/calculator 12*3")
    send(page, "Say hello.")
    expect(questions(page).last).to_contain_text("Say hello.")
    expect(questions(page).last).not_to_contain_text("/calculator")


def test_without_scripts_the_menu_calls_a_tool(plain: Someone) -> None:
    page = plain.open()
    prompt(page).fill("1+2")
    page.locator(".tools summary").click()
    page.get_by_role("button", name="/calculator").click()
    expect(questions(page).last).to_contain_text("/calculator 1+2")
    expect(replies(page).last).to_contain_text("= 3", timeout=REPLY_MS)
