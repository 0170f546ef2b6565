"""Every flow that is promised without JavaScript, in a browser that has it switched off."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Person
from tests.browser.support.page import (
    act_on,
    choose,
    prompt,
    questions,
    replies,
    send,
    side,
)
from tests.browser.support.people import REPLY_MS, Someone


@pytest.fixture
def plain(person: Person) -> Someone:
    size = {"width": 1280, "height": 800}
    return person("Bob", java_script_enabled=False, viewport=size)


def test_the_growing_page_shows_each_word_as_it_comes_and_can_stop(plain: Someone) -> None:
    growing = plain.hand().ask("What is the sea?")
    page = plain.context.new_page()
    page.goto(f"{plain.chat}/live", wait_until="commit")
    growing.write("Salt ")
    expect(replies(page).last).to_contain_text("Salt")
    growing.write("water ")
    expect(replies(page).last).to_contain_text("Salt water")
    page.get_by_role("button", name="Stop").click(no_wait_after=True)
    assert growing.stops()
    growing.finish(state="stopped")
    page.wait_for_url(f"**{plain.chat}*", timeout=REPLY_MS)
    expect(page.get_by_text("Stopped.")).to_be_visible()


def test_a_second_message_can_be_sent_while_a_reply_grows(plain: Someone) -> None:
    growing = plain.hand().ask("What is the sea?")
    page = plain.context.new_page()
    page.goto(f"{plain.chat}/live", wait_until="commit")
    page.get_by_role("link", name="back to the chat").click()
    prompt(page).fill("And the moon?")
    page.get_by_role("button", name="Send").click(no_wait_after=True)
    page.wait_for_url("**/live", wait_until="commit")
    growing.finish("Salt water.")
    page.wait_for_url(f"**{plain.chat}#end", timeout=REPLY_MS)
    expect(questions(page)).to_have_count(2)
    expect(replies(page).nth(1)).to_contain_text("Salt water.")


def test_a_chat_is_renamed_pinned_deleted_and_brought_back(plain: Someone) -> None:
    plain.talk("What is the sea?", "Salt water.")
    page = plain.open()
    choose(page, "Rename and settings")
    page.get_by_label("Title").fill("Oceans")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("h1")).to_have_text("Oceans")
    choose(page, "Pin to the top")
    expect(side(page).get_by_role("heading").first).to_have_text("Pinned")
    choose(page, "Delete this chat")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("h1")).to_have_text("Oceans")


def test_a_new_chat_is_begun_beside_another(plain: Someone) -> None:
    plain.talk("What is the sea?", "Salt water.")
    page = plain.open()
    side(page).get_by_role("button", name="New chat").click()
    expect(page).to_have_title("New chat · Parley")


def test_search_finds_and_leads_to_the_message(plain: Someone) -> None:
    plain.talk("Where did the albatross nest?", "On a cliff.")
    page = plain.open()
    page.get_by_label("Search in all chats").fill("cliff")
    page.keyboard.press("Enter")
    page.locator(".hits a", has_text="On a cliff.").click()
    expect(page.locator(".message:target")).to_contain_text("On a cliff.")


def test_the_chats_are_a_drawer_on_a_phone(person: Person) -> None:
    bob = person("Bob", java_script_enabled=False, viewport={"width": 360, "height": 740})
    bob.talk("What is the sea?", "Salt water.")
    page = bob.open()
    expect(side(page)).to_be_hidden()
    page.get_by_role("button", name="Chats").click()
    side(page).get_by_role("link", name="Settings").click()
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()


def test_a_message_is_edited_and_both_versions_stay(plain: Someone) -> None:
    plain.talk("What is a dog?", "Dogs are animals.")
    page = plain.open()
    act_on(questions(page).last, "Edit")
    page.locator("#edited").fill("What is a cat?")
    page.locator("form.edit").get_by_role("button", name="Send").click(no_wait_after=True)
    page.wait_for_url(f"**{plain.chat}#end", timeout=REPLY_MS)
    expect(page.locator("[data-unfinished]")).to_have_count(0, timeout=REPLY_MS)
    expect(questions(page).last.locator(".body")).to_have_text("What is a cat?")
    act_on(questions(page).last, "Previous version")
    expect(questions(page).last.locator(".body")).to_have_text("What is a dog?")


def test_replies_are_continued_and_written_anew(plain: Someone) -> None:
    plain.hand().ask("Count to twenty.").finish("1, 2, 3, 4, 5,", state="stopped")
    page = plain.open()
    for name, version in (("Continue", "2/2"), ("Write it anew", "3/3")):
        act_on(replies(page).last, name)
        page.wait_for_url(re.compile(r"/live$|#end$"), wait_until="commit")
        page.goto(plain.chat)
        expect(page.locator("[data-unfinished]")).to_have_count(0, timeout=REPLY_MS)
        expect(replies(page).last).to_contain_text(version)


def test_delete_from_here_on(plain: Someone) -> None:
    plain.talk("First", "One.", "Second", "Two.")
    page = plain.open()
    act_on(questions(page).last, "More about this message")
    page.get_by_text("Delete from here on…").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(questions(page)).to_have_count(1)


def test_earlier_messages_are_a_page_of_their_own(plain: Someone) -> None:
    hand = plain.talk()
    for number in range(20):
        hand.exchange(f"Question {number}", "An answer.")
    page = plain.open()
    page.get_by_role("link", name="Earlier messages").click()
    expect(questions(page).first).to_contain_text("Question 0")
    page.get_by_role("link", name="Newest messages").click()
    expect(page.locator(".message").last).to_be_in_viewport()
    expect(prompt(page)).to_be_visible()


def test_name_and_theme_are_kept_and_forget_me_forgets(plain: Someone) -> None:
    plain.expect_error("404")
    plain.talk("What is the sea?", "Salt water.")
    page = plain.open("/settings")
    page.get_by_label("Your name").fill("Robert")
    page.get_by_label("Dark").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_label("Your name")).to_have_value("Robert")
    page.get_by_text("Forget me…").click()
    page.get_by_label("Yes, delete everything").check()
    page.get_by_role("button", name="Forget me").click()
    expect(page.get_by_role("button", name="Start chatting")).to_be_visible()
    gone = page.goto(plain.chat)
    assert gone
    assert gone.status == 404


def test_nothing_that_needs_a_script_is_shown(plain: Someone) -> None:
    plain.expect_error("422")
    plain.talk("Show me code.", "```python\nprint('sea')\n```")
    page = plain.open()
    for dead in ("[data-copy]", "[data-show-keys]", "[data-below]", "[data-notice]", ".room"):
        assert not page.locator(f"{dead}:visible").count(), dead
    send(page, "   ")
    expect(page.get_by_role("alert")).to_contain_text("nothing to send")


def test_a_chats_own_settings_count_and_its_prompt_is_shown(plain: Someone) -> None:
    plain.talk("What is the sea?", "Salt water.")
    page = plain.open()
    choose(page, "Rename and settings")
    page.get_by_label("What the model is told first").fill("Answer like a pirate.")
    page.get_by_label("Temperature").fill("1,5")
    page.get_by_label("Longest reply").fill("12")
    page.get_by_role("button", name="Save").click()
    choose(page, "What the model gets")
    expect(page.locator(".prompt li").first).to_contain_text("Answer like a pirate.")
    expect(page.get_by_text("tokens", exact=False).first).to_be_visible()
