"""What can be done with a message, without a mouse."""

from playwright.sync_api import expect

from tests.browser.support.page import (
    press_on,
    prompt,
    questions,
    replies,
    tab_to,
    wait_until_final,
)
from tests.browser.support.people import REPLY_MS, Someone


def test_a_message_is_edited_and_sent_again(ann: Someone) -> None:
    ann.talk("What is a dog?", "Dogs are animals.")
    page = ann.open()
    press_on(questions(page).last.get_by_title("Edit"), by="Shift+Tab")
    expect(page.locator("#edited")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("What is a cat?")
    page.keyboard.press("Enter")
    expect(questions(page).last.locator(".body")).to_have_text("What is a cat?")
    wait_until_final(page)
    press_on(questions(page).last.get_by_title("Previous version"), by="Shift+Tab")
    expect(questions(page).last.locator(".body")).to_have_text("What is a dog?")


def test_a_reply_is_written_anew_copied_and_deleted(ann: Someone) -> None:
    ann.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=ann.parley.url)
    ann.talk("What is a dog?", "Dogs are animals.")
    page = ann.open()
    press_on(replies(page).last.get_by_title("Copy"), by="Shift+Tab")
    expect(page.locator("[data-announce]")).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "Dogs are animals."
    press_on(replies(page).last.get_by_title("Write it anew"), by="Shift+Tab")
    expect(replies(page).last).not_to_contain_text("Dogs are animals.")
    wait_until_final(page)
    press_on(replies(page).last.get_by_title("More about this message"), by="Shift+Tab")
    press_on(page.locator("summary", has_text="Delete from here on"))
    press_on(page.get_by_role("button", name="Delete for good"))
    expect(replies(page).last.locator(".body")).to_have_text("Dogs are animals.")


def test_a_stopped_reply_is_continued(ann: Someone) -> None:
    ann.hand().ask("Count to twenty.").finish("1, 2, 3, 4, 5,", state="stopped")
    page = ann.open()
    press_on(replies(page).last.get_by_role("button", name="Continue"), by="Shift+Tab")
    expect(replies(page).last).to_contain_text("2/2", timeout=REPLY_MS)
    expect(replies(page).last).to_contain_text("1, 2, 3, 4, 5,")


def test_a_button_is_seen_when_the_keyboard_is_on_it(ann: Someone) -> None:
    ann.talk("First", "One.", "Second", "Two.")
    page = ann.open()
    edit = questions(page).first.get_by_title("Edit")
    shown = "element => Number(getComputedStyle(element.closest('.actions > *')).opacity)"
    assert edit.evaluate(shown) == 0
    tab_to(edit, "Shift+Tab")
    page.wait_for_timeout(300)
    assert edit.evaluate(shown) == 1
    expect(prompt(page)).not_to_be_focused()
