"""Back, forward, reload, and forms whose time has passed."""

from playwright.sync_api import Page, expect

from tests.browser.support.page import (
    act_on,
    choose,
    prompt,
    questions,
    replies,
    send,
    wait_until_final,
)
from tests.browser.support.people import Someone
from tests.support.sql import sql


def test_back_and_forward_after_a_message_show_it_once(ann: Someone) -> None:
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open("/settings")
    page.goto(ann.chat)
    send(page, "Say hello.")
    expect(questions(page)).to_have_count(2)
    wait_until_final(page)
    answer = replies(page).last.locator(".body").inner_text()
    page.go_back()
    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    page.go_forward()
    expect(questions(page)).to_have_count(2)
    expect(replies(page).last.locator(".body")).to_have_text(answer)
    expect(prompt(page)).to_have_value("")


def test_back_after_an_edit_does_not_send_it_again(ann: Someone) -> None:
    ann.talk("What is a dog?", "Dogs are animals.")
    page = ann.open()
    act_on(questions(page).last, "Edit")
    page.locator("#edited").fill("What is a cat?")
    page.keyboard.press("Enter")
    expect(questions(page).last).to_contain_text("2/2")
    wait_until_final(page)
    page.go_back()
    expect(page.locator("#edited")).to_be_visible()
    page.go_forward()
    expect(questions(page).last).to_contain_text("2/2")
    page.go_back()
    page.locator("#edited").press("Enter")
    wait_until_final(page)
    page.goto(ann.chat)
    exported = ann.http.get(f"{ann.chat}/export.json").json()["messages"]
    said = [m["content"] for m in exported if m["role"] == "user"]
    assert said.count("What is a dog?") <= 2
    assert said.count("What is a cat?") <= 1


def test_back_and_forward_after_each_action_on_a_chat(ann: Someone) -> None:
    ann.expect_error("404")
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open()
    choose(page, "Pin to the top")
    page.wait_for_load_state()
    _there_and_back(page)
    choose(page, "Rename and settings")
    page.get_by_label("Title").fill("Oceans")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("h1")).to_have_text("Oceans")
    _there_and_back(page)
    expect(page.locator("h1")).to_have_text("Oceans")
    choose(page, "Delete this chat")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.go_back()
    page.go_forward()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("h1")).to_have_text("Oceans")
    _there_and_back(page)
    page.goto(ann.chat)
    expect(replies(page).last).to_contain_text("Salt water.")


def _there_and_back(page: Page) -> None:
    page.go_back()
    page.go_forward()
    expect(page.locator(".problem:visible")).to_have_count(0)


def test_what_was_undone_is_not_offered_again_from_history(ann: Someone) -> None:
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open()
    choose(page, "Delete this chat")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("h1")).to_have_text("What is the sea?")
    page.go_back()
    expect(page.get_by_role("link", name="What is the sea?")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)


def test_a_reload_after_sending_sends_nothing_twice(ann: Someone) -> None:
    page = ann.open()
    send(page, "Say hello.")
    expect(questions(page)).to_have_count(1)
    page.reload()
    wait_until_final(page)
    page.reload()
    expect(questions(page)).to_have_count(1)
    expect(replies(page)).to_have_count(2)


def test_a_reload_after_a_refused_form_leads_back_to_where_it_stood(ann: Someone) -> None:
    ann.expect_error("422")
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open(f"{ann.chat}/settings")
    page.get_by_label("Temperature").fill("hot")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("0 to 2")
    expect(page.get_by_label("Temperature")).to_have_value("hot")
    page.reload()
    expect(page.get_by_label("Temperature")).to_be_visible()


def test_actions_on_a_deleted_chat_say_that_it_is_gone(ann: Someone) -> None:
    ann.expect_error("404")
    ann.talk("What is the sea?", "Salt water.")
    for name in ("Pin to the top", "Delete this chat"):
        page = ann.open()
        ann.http.post(f"{ann.chat}/delete")
        choose(page, name)
        expect(page.get_by_role("alert")).to_contain_text("This page isn't there.")
        ann.http.post(f"{ann.chat}/restore")
    page = ann.open()
    ann.http.post(f"{ann.chat}/delete")
    act_on(replies(page).last, "Write it anew")
    expect(page.get_by_role("alert")).to_contain_text("This page isn't there.")


def end_session(someone: Someone) -> None:
    sql(someone.parley, "UPDATE sessions SET revoked_at = now() WHERE id = %s", someone.session)


def test_an_ended_session_loses_no_text_in_the_field(ann: Someone) -> None:
    ann.expect_error("401")
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open()
    end_session(ann)
    send(page, "precious words")
    expect(page.locator(".problem:visible")).to_contain_text("session has ended")
    expect(prompt(page)).to_have_value("precious words")


def test_an_ended_session_loses_no_text_in_an_edited_message(ann: Someone) -> None:
    ann.expect_error("401")
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open()
    act_on(questions(page).last, "Edit")
    page.locator("#edited").fill("precious words")
    end_session(ann)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("session has ended")
    expect(page.locator("textarea")).to_have_value("precious words")


def test_a_browser_that_has_lost_its_cookie_loses_no_text(ann: Someone) -> None:
    ann.expect_error("40[14]")
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open()
    act_on(questions(page).last, "Edit")
    page.locator("#edited").fill("precious words")
    ann.context.clear_cookies()
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("textarea")).to_have_value("precious words")
