"""Many chats, without a mouse."""

from playwright.sync_api import expect

from tests.browser.support.page import has_focus, press_on, side, tab_to
from tests.browser.support.people import Someone


def test_the_first_tab_leads_past_the_bar_to_the_content(ann: Someone) -> None:
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open("/settings")
    press_on(page.get_by_role("link", name="Skip to the content"))
    expect(page.locator("main")).to_be_focused()


def test_a_chat_is_renamed(ann: Someone) -> None:
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open()
    press_on(page.locator("summary", has_text="This chat"), by="Shift+Tab")
    press_on(page.get_by_role("link", name="Rename and settings"))
    tab_to(page.get_by_label("Title"))
    page.keyboard.press("Control+a")
    page.keyboard.type("Oceans")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Oceans")


def test_a_chat_is_pinned_deleted_and_brought_back(ann: Someone) -> None:
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open()
    press_on(page.locator("summary", has_text="This chat"), by="Shift+Tab")
    press_on(page.get_by_role("button", name="Pin to the top"))
    expect(side(page).get_by_role("heading").first).to_have_text("Pinned")
    press_on(page.locator("summary", has_text="This chat"), by="Shift+Tab")
    press_on(page.get_by_role("button", name="Delete this chat"))
    expect(page.get_by_role("status")).to_contain_text("was deleted.")
    press_on(page.get_by_role("button", name="Undo"))
    expect(page.locator("h1")).to_have_text("What is the sea?")


def test_escape_closes_the_menu_and_stays_at_its_button(ann: Someone) -> None:
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open()
    menu = page.locator("summary", has_text="This chat")
    press_on(menu, by="Shift+Tab")
    tab_to(page.get_by_role("link", name="What the model gets"))
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="What the model gets")).to_be_hidden()
    assert has_focus(menu)


def test_the_drawer_opens_leads_to_a_chat_and_closes(phone: Someone) -> None:
    phone.talk("What is the sea?", "Salt water.")
    sea = phone.chat
    phone.talk("What is the moon?", "A rock.")
    page = phone.open()
    opener = page.get_by_role("button", name="Chats")
    press_on(opener, by="Shift+Tab")
    expect(side(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(side(page)).to_be_hidden()
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    press_on(side(page).get_by_role("link", name="What is the sea?"))
    page.wait_for_url(f"**{sea}")


def test_a_search_is_made_and_its_hit_followed(ann: Someone) -> None:
    ann.talk("Where did the albatross nest?", "On a cliff.")
    page = ann.open()
    tab_to(page.get_by_label("Search in all chats"))
    page.keyboard.type("CLIFF")
    page.keyboard.press("Enter")
    hit = page.locator(".hits a", has_text="On a cliff.")
    press_on(hit)
    page.wait_for_url("**#m-*")
    expect(page.locator(".message:target")).to_contain_text("On a cliff.")
