"""Back, forward, reload, and forms whose time has passed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.support.page import (
    body,
    hear_of_nothing,
    problem,
    prompt,
    questions,
    replies,
    save,
    send,
    wait_until_final,
)
from tests.browser.support.people import Someone
from tests.support.sql import sql


def test_back_forward_and_reload_after_a_message_show_it_once(ann: Someone) -> None:
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open("/settings")
    page.goto(ann.chat)
    send(page, "Say hello.")
    expect(questions(page)).to_have_count(2)
    page.reload()
    wait_until_final(page)
    answer = body(replies(page).last).inner_text()
    page.go_back()
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    page.go_forward()
    expect(questions(page)).to_have_count(2)
    expect(body(replies(page).last)).to_have_text(answer)
    expect(prompt(page)).to_have_value("")


def test_back_after_an_edit_shows_the_chat(ann: Someone) -> None:
    page = ann.open_talk("What is a dog?", "Dogs are animals.")
    ann.edit(page, "What is a cat?")
    page.keyboard.press("Enter")
    expect(questions(page).last).to_contain_text("2/2")
    for go in (page.go_back, page.go_forward, page.go_back):
        go()
        expect(body(questions(page))).to_have_text(["What is a cat?"])
        expect(questions(page).last).to_contain_text("2/2")


def test_back_and_forward_after_each_action_on_a_chat(ann: Someone) -> None:
    ann.expect_error("404")
    page = ann.open_talk("What is the sea?", "Salt water.")
    ann.choose(page, "Pin")
    expect(page.get_by_role("heading", name="Pinned")).to_be_visible()
    go_back_and_forward(page)
    ann.choose(page, "Chat settings")
    page.get_by_label("Title").fill("Oceans")
    save(page)
    expect(page.locator("h1")).to_have_text("Oceans")
    go_back_and_forward(page)
    expect(page.locator("h1")).to_have_text("Oceans")
    ann.choose(page, "Delete chat")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.go_back()
    page.go_forward()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("h1")).to_have_text("Oceans")
    page.go_back()
    expect(page.get_by_role("link", name="Oceans")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    page.go_forward()
    expect(replies(page).last).to_contain_text("Salt water.")


def go_back_and_forward(page: Page) -> None:
    page.go_back()
    page.go_forward()
    expect(problem(page)).to_have_count(0)


@pytest.mark.parametrize("form", ["pin", "delete", "again"])
def test_actions_on_a_deleted_chat_offer_to_restore_it(ann: Someone, form: str) -> None:
    ann.expect_error("404")
    page = ann.open_talk("What is the sea?", "Salt water.")
    ann.http.post(f"{ann.chat}/delete")
    page.locator(f"form[action$='/{form}']").evaluate("form => form.requestSubmit()")
    page.get_by_role("button", name="Undo").click()
    expect(replies(page).last).to_contain_text("Salt water.")


LOSSES: dict[str, tuple[Callable[[Someone], object], str]] = {
    "session": (
        lambda who: sql(
            who.parley, "UPDATE sessions SET revoked_at = now() WHERE id = %s", who.session
        ),
        "session has ended",
    ),
    "cookie": (lambda who: who.context.clear_cookies(), "not found"),
    "chat": (lambda who: who.http.post(f"{who.chat}/delete"), "not found"),
}


@pytest.mark.parametrize("editing", [False, True], ids=["new message", "edited message"])
@pytest.mark.parametrize("what", LOSSES)
def test_whoever_loses_the_chat_loses_no_text(ann: Someone, what: str, editing: bool) -> None:
    ann.expect_error("40[14]")
    page = ann.open_talk("What is the sea?", "Salt water.")
    hear_of_nothing(page)
    field = ann.edit(page) if editing else prompt(page)
    field.fill("precious words")
    lose, words = LOSSES[what]
    lose(ann)
    field.press("Enter")
    # What asks now and then may have said it, too.
    expect(problem(page).filter(has_text=words).first).to_be_visible()
    expect(page.locator("textarea")).to_have_value("precious words")
