"""Two tabs of one person, and two people at once."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Person
from tests.browser.support.page import act_on, choose, prompt, questions, replies, send, side
from tests.browser.support.people import Someone


def test_a_tab_that_is_open_follows_a_reply_asked_for_in_another(ann: Someone) -> None:
    growing = ann.hand().ask("What is the sea?")
    first, second = ann.open(), ann.open()
    growing.write("Salt ")
    for page in (first, second):
        expect(replies(page).last).to_contain_text("Salt")
    second.get_by_role("button", name="Stop").click()
    assert growing.stops()
    growing.finish(state="stopped")
    for page in (first, second):
        expect(replies(page).last).to_contain_text("Stopped.")


def test_a_tab_that_is_looked_at_again_shows_an_edit_made_in_another(ann: Someone) -> None:
    ann.talk("What is a dog?", "Dogs are animals.")
    first, second = ann.open(), ann.open()
    act_on(questions(second).last, "Edit")
    second.locator("#edited").fill("What is a cat?")
    second.keyboard.press("Enter")
    expect(questions(second).last.locator(".body")).to_have_text("What is a cat?")
    prompt(first).fill("half a thought")
    first.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(questions(first).last.locator(".body")).to_have_text("What is a cat?")
    expect(questions(first)).to_have_count(1)
    expect(prompt(first)).to_have_value("half a thought")


def test_a_tab_that_is_looked_at_again_shows_what_another_deleted(ann: Someone) -> None:
    ann.talk("First", "One.", "Second", "Two.")
    first, second = ann.open(), ann.open()
    act_on(questions(second).last, "More about this message")
    second.get_by_text("Delete from here on…").click()
    second.get_by_role("button", name="Delete for good").click()
    expect(questions(second)).to_have_count(1)
    prompt(first).fill("half a thought")
    first.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(questions(first)).to_have_count(1)
    expect(prompt(first)).to_have_value("half a thought")


@pytest.mark.parametrize("looks_first", [True, False])
def test_nothing_is_sent_below_an_old_branch_without_a_word(
    ann: Someone, looks_first: bool
) -> None:
    ann.talk("What is a dog?", "Dogs are animals.")
    first, second = ann.open(), ann.open()
    act_on(questions(second).last, "Edit")
    second.locator("#edited").fill("What is a cat?")
    second.keyboard.press("Enter")
    expect(questions(second).last.locator(".body")).to_have_text("What is a cat?")
    ann.expect_error("409")
    send(first, "Thank you.")
    expect(first.get_by_role("alert")).to_contain_text("goes on from another message now")
    expect(questions(first)).to_have_count(1)
    expect(prompt(first)).to_have_value("Thank you.")
    if looks_first:
        first.get_by_role("link", name="Look at it first").click()
        expect(questions(first).last.locator(".body")).to_have_text("What is a cat?")
        expect(prompt(first)).to_have_value("Thank you.")
    first.get_by_role("button", name="Send").click()
    expect(questions(first).last.locator(".body")).to_have_text("Thank you.")
    expect(questions(first).first.locator(".body")).to_have_text("What is a cat?")
    expect(questions(first)).to_have_count(2)


def test_a_chat_deleted_in_another_tab_loses_no_text(ann: Someone) -> None:
    ann.expect_error("404")
    ann.talk("What is the sea?", "Salt water.")
    first, second = ann.open(), ann.open()
    choose(second, "Delete this chat")
    expect(second.get_by_role("status")).to_contain_text("was deleted.")
    send(first, "precious words")
    expect(first.locator(".problem:visible")).to_contain_text("isn't there")
    expect(prompt(first)).to_have_value("precious words")
    second.get_by_role("button", name="Undo").click()
    first.reload()
    expect(prompt(first)).to_have_value("precious words")


def test_a_message_edited_after_its_chat_was_deleted_elsewhere_is_not_lost(ann: Someone) -> None:
    ann.expect_error("404")
    ann.talk("What is the sea?", "Salt water.")
    first, second = ann.open(), ann.open()
    act_on(questions(first).last, "Edit")
    first.locator("#edited").fill("precious words")
    choose(second, "Delete this chat")
    expect(second.get_by_role("status")).to_contain_text("was deleted.")
    first.locator("#edited").press("Enter")
    expect(first.get_by_role("alert")).to_contain_text("isn't there")
    expect(first.locator("textarea")).to_have_value("precious words")


def test_a_message_being_edited_stays_a_form_while_earlier_replies_are_written(
    ann: Someone,
) -> None:
    hand = ann.hand()
    growing = hand.ask("What is the sea?")
    hand.ask("And the moon?", claim=False)
    page = ann.open()
    act_on(questions(page).last, "Edit")
    page.locator("#edited").fill("precious words")
    growing.write("Salt ")
    expect(replies(page).nth(1)).to_contain_text("Salt")
    expect(page.locator("#edited")).to_have_value("precious words")


def test_a_reply_asked_for_anew_in_two_tabs_is_written_once(ann: Someone) -> None:
    ann.talk("Say hello.", "Hello.")
    first, second = ann.open(), ann.open()
    for page in (first, second):
        act_on(replies(page).last, "Write it anew")
        expect(replies(page).last).not_to_have_text("Hello.")
    for page in (first, second):
        page.reload()
        expect(page.locator("[data-unfinished]")).to_have_count(0, timeout=60_000)
        expect(replies(page).last).to_contain_text("2/2")


def test_two_people_at_once_see_nothing_of_each_other(ann: Someone, person: Person) -> None:
    bob = person("Bob")
    anns, bobs = ann.hand().ask("Ann's secret"), bob.hand().ask("Bob's secret")
    hers, his = ann.open(), bob.open()
    anns.write("For Ann only.")
    bobs.write("For Bob only.")
    expect(replies(hers).last).to_contain_text("For Ann only.")
    expect(replies(his).last).to_contain_text("For Bob only.")
    assert "Bob" not in hers.content()
    assert "Ann" not in his.content()
    expect(side(his).locator(".chat-list a")).to_have_count(1)
    bob.expect_error("404")
    bobs.finish()
    for path in (ann.chat, f"{ann.chat}/settings", f"{ann.chat}/prompt", f"{ann.chat}/export.md"):
        answer = his.goto(path)
        assert answer
        assert answer.status == 404
        expect(his.get_by_role("alert")).to_contain_text("This page isn't there.")
