"""Two tabs of one person: what one does, the other learns."""

import pytest
from playwright.sync_api import expect

from tests.browser.support.page import (
    LIST,
    body,
    hear_of_nothing,
    problem,
    prompt,
    questions,
    replies,
    send,
    side,
)
from tests.browser.support.people import REPLY_MS, Someone
from tests.support.person import edit, message_ids


def edit_first_question(someone: Someone, text: str) -> None:
    """As in another tab."""
    question = message_ids(someone.http.get(someone.chat).text)[1]
    edit(someone.http, someone.chat, question, text)


def test_both_tabs_follow_a_reply_and_either_stops_it(ann: Someone) -> None:
    reply = ann.writer().ask("What is the sea?")
    first, second = ann.open(), ann.open()
    reply.write("Salt ")
    for page in (first, second):
        expect(replies(page).last).to_contain_text("Salt")
    second.get_by_role("button", name="Stop").click()
    reply.wait_until_stop_is_requested()
    reply.finish(state="stopped")
    for page in (first, second):
        expect(replies(page).last).to_contain_text("Stopped.")


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ("write", ["What is a dog?", "Thank you.", "Bye."]),
        ("edit", ["What is a cat?"]),
        ("delete", ["What is a dog?"]),
    ],
)
@pytest.mark.parametrize("looked_at", [True, False], ids=["looked at again", "in view"])
def test_a_window_shows_what_another_changed(
    ann: Someone, change: str, shown: list[str], looked_at: bool
) -> None:
    writer = ann.talk("What is a dog?", "Dogs are animals.")
    last = writer.exchange("Thank you.", "Welcome.").question
    page = ann.open()
    if looked_at:
        hear_of_nothing(page)
    prompt(page).fill("half a thought")
    if change == "write":
        writer.exchange("Bye.", "Bye.")
    elif change == "edit":
        edit_first_question(ann, "What is a cat?")
    else:
        ann.http.post(f"{ann.chat}/messages/{last}/delete")
    if looked_at:
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(body(questions(page))).to_have_text(shown)
    expect(prompt(page)).to_have_value("half a thought")


def test_a_window_asks_for_its_chat_only_if_that_has_changed(ann: Someone) -> None:
    page = ann.open_talk("What is a dog?", "Dogs are animals.")
    ann.talk("What is a cat?", "Cats are animals.")
    expect(side(page).get_by_role("link", name="What is a cat?")).to_be_visible()
    with page.expect_request(LIST):
        pass
    assert [url for url in ann.profile.requests if "/events" in url] == []


def test_a_window_says_that_its_chat_was_deleted_and_restores_it_with_what_was_typed(
    ann: Someone,
) -> None:
    ann.expect_error("404")
    page = ann.open_talk("What is a dog?", "Dogs are animals.")
    undo, sending = (page.get_by_role("button", name=name) for name in ("Undo", "Send"))
    prompt(page).fill("precious words")
    ann.http.post(f"{ann.chat}/delete")
    expect(undo).to_be_visible()
    expect(sending).to_be_disabled()
    ann.http.post(f"{ann.chat}/restore")
    expect(sending).to_be_enabled()
    expect(undo).to_have_count(0)
    ann.http.post(f"{ann.chat}/delete")
    expect(undo).to_be_visible()
    prompt(page).press("Enter")
    undo.click()
    expect(prompt(page)).to_have_value("precious words")
    expect(questions(page)).to_have_count(1)
    expect(sending).to_be_enabled()


def test_a_message_to_a_chat_that_was_deleted_this_moment_is_still_there(ann: Someone) -> None:
    ann.expect_error("404")
    page = ann.open_talk("What is a dog?", "Dogs are animals.")
    hear_of_nothing(page)
    ann.http.post(f"{ann.chat}/delete")
    send(page, "precious words")
    page.get_by_role("button", name="Undo").click()
    expect(prompt(page)).to_have_value("precious words")


@pytest.mark.parametrize("how", ["deleted here", "deleted by another browser"])
def test_a_window_whose_session_has_ended_says_so_and_leads_to_a_new_one(
    ann: Someone, how: str
) -> None:
    ann.expect_error("40[14]")
    page = ann.open_talk("What is a dog?", "Dogs are animals.")
    ann.http.post("/settings/forget", data={"sure": "yes"})
    if how == "deleted here":
        ann.context.clear_cookies()
    said = page.locator("#gone").get_by_role("alert")
    expect(said).to_contain_text("session has ended")
    expect(page.get_by_role("button", name="Send")).to_be_disabled()
    expect(side(page).locator(".chat-list li")).to_have_count(0)
    said.get_by_role("link", name="home page").click()
    expect(page.get_by_role("button", name="Start chatting")).to_be_visible()


@pytest.mark.parametrize("looks_first", [True, False])
def test_nothing_is_sent_below_an_old_branch_without_a_word(
    ann: Someone, looks_first: bool
) -> None:
    page = ann.open_talk("What is a dog?", "Dogs are animals.")
    hear_of_nothing(page)
    edit_first_question(ann, "What is a cat?")
    ann.expect_error("409")
    send(page, "Thank you.")
    expect(page.get_by_role("alert")).to_contain_text("changed in another tab")
    expect(questions(page)).to_have_count(1)
    expect(prompt(page)).to_have_value("Thank you.")
    if looks_first:
        page.get_by_role("link", name="Show the chat as it is now").click()
        expect(body(questions(page).last)).to_have_text("What is a cat?")
        expect(prompt(page)).to_have_value("Thank you.")
    page.get_by_role("button", name="Send").click()
    expect(body(questions(page))).to_have_text(["What is a cat?", "Thank you."])


def test_a_message_that_was_refused_is_told_also_when_the_page_follows_the_other_tab(
    ann: Someone,
) -> None:
    page = ann.open_talk("What is a dog?", "Dogs are animals.")
    hear_of_nothing(page)
    edit_first_question(ann, "What is a cat?")
    ann.expect_error("409")
    send(page, "Thank you.")
    expect(page.get_by_role("alert")).to_contain_text("changed in another tab")
    page.evaluate("window.dispatchEvent(new Event('focus'))")  # it looks what there is to follow
    expect(body(questions(page).last)).to_have_text("What is a cat?")
    expect(problem(page)).to_contain_text("Your message was not sent")
    expect(prompt(page)).to_have_value("Thank you.")
    page.get_by_role("button", name="Send").click()
    expect(body(questions(page))).to_have_text(["What is a cat?", "Thank you."])
    expect(problem(page)).to_have_count(0)


def test_a_message_being_edited_stays_a_form_while_earlier_replies_are_written(
    ann: Someone,
) -> None:
    writer = ann.writer()
    reply = writer.ask("What is the sea?")
    writer.ask("And the moon?", claim=False)
    page = ann.open()
    ann.edit(page, "precious words")
    reply.write("Salt ")
    expect(replies(page).nth(1)).to_contain_text("Salt")
    expect(page.locator("#edited")).to_have_value("precious words")


def test_a_reply_regenerated_in_two_tabs_is_written_once(ann: Someone) -> None:
    ann.talk("Say hello.", "Hello.")
    pages = [ann.open(), ann.open()]
    for page in pages:
        hear_of_nothing(page)
    for page in pages:
        ann.act_on(replies(page).last, "Regenerate")
    for page in pages:
        expect(replies(page).last).to_contain_text("2/2", timeout=REPLY_MS)
