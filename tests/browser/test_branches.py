"""Versions are chosen and asked for in place: without another page or an entry in the history."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.support.page import (
    body,
    prompt,
    questions,
    replies,
    send,
    wait_until_final,
    wait_until_in_view,
)
from tests.browser.support.people import Someone, exchanges
from tests.support.person import edit, message_ids

LONG = "A line of words.\n\n" * 30
HISTORY = "history.length"
STAYED = "window.stayed === true"  # the page is the one that was marked


def open_versions(someone: Someone) -> Page:
    """Two versions of a question, the newer one shown, each with an answer; nothing is loaded again
    from now on without being noticed."""
    writer = someone.talk("What is a dog?", "Dogs are animals.")
    writer.exchange("Thank you.", "Welcome.")
    edit(someone.http, someone.chat, message_ids(someone.http.get(someone.chat).text)[1], "A cat?")
    page = someone.open("/settings")
    page.goto(someone.chat)
    wait_until_final(page)
    page.evaluate("() => { window.stayed = true; }")
    return page


def version(message: Locator) -> Locator:
    return message.locator(".versions")


def test_versions_are_flipped_in_place_and_one_press_of_back_leaves(visitor: Someone) -> None:
    page = open_versions(visitor)
    before = page.evaluate(HISTORY) if visitor.scripts else 0
    for name, said in (
        ("Previous version", ["What is a dog?", "Thank you."]),
        ("Next version", ["A cat?"]),
        ("Previous version", ["What is a dog?", "Thank you."]),
    ):
        visitor.act_on(questions(page).first, name)
        expect(body(questions(page))).to_have_text(said)
    expect(version(questions(page).first)).to_contain_text("1/2")
    if not visitor.scripts:
        return
    assert page.evaluate(STAYED)
    assert page.evaluate(HISTORY) == before
    send(page, "And a fox?")
    expect(body(questions(page).last)).to_have_text("And a fox?")
    page.go_back()
    expect(page.get_by_role("heading", name="Settings", exact=True)).to_be_visible()


def test_the_focus_and_the_screen_reader_are_taken_along(ann: Someone) -> None:
    page = open_versions(ann)
    page.evaluate("""() => {
        window.heard = [];
        new MutationObserver((changes) => changes.forEach(({ addedNodes }) =>
            addedNodes.forEach((node) => window.heard.push(node.textContent.trim()))),
        ).observe(document.querySelector("[data-announce]"), { childList: true });
    }""")
    previous = questions(page).first.get_by_title("Previous version")
    previous.focus()
    page.keyboard.press("Enter")
    expect(version(questions(page).first)).to_contain_text("1/2")
    expect(questions(page).first.get_by_title("Next version")).to_be_focused()
    page.keyboard.press("Enter")
    expect(version(questions(page).first)).to_contain_text("2/2")
    expect(questions(page).first.get_by_title("Previous version")).to_be_focused()
    assert page.evaluate("heard") == ["Version 1/2", "Version 2/2"]


def test_what_was_pressed_stays_where_it_was(ann: Someone) -> None:
    writer = ann.talk("First", LONG)
    first = writer.exchange("Second", f"{LONG} One.")
    page = ann.open()
    ann.act_on(replies(page).last, "Regenerate")
    expect(version(replies(page).last)).to_contain_text("2/2")
    wait_until_final(page)
    wait_until_in_view(version(replies(page).last))
    for name in ("Previous version", "Next version"):
        button = replies(page).last.get_by_title(name)
        top = button.evaluate("button => button.getBoundingClientRect().top")
        button.click()
        expect(button).to_be_disabled()
        moved = button.evaluate("button => button.getBoundingClientRect().top") - top
        assert abs(moved) < 3, first.id


MIDDLE = """button => {
    const { left, top, width, height } = button.getBoundingClientRect();
    return [left + width / 2, top + height / 2];
}"""


def test_a_second_click_where_regenerate_was_regenerates(ann: Someone) -> None:
    page = ann.open_talk("First", "One.", "Second", "Two.")
    x = [0.0, 0.0]
    for n in range(2):
        button = replies(page).last.get_by_title("Regenerate")
        x[n], y = button.evaluate(MIDDLE)
        page.mouse.click(x[n], y)
        expect(version(replies(page).last)).to_contain_text(f"{n + 2}/{n + 2}")
        wait_until_final(page)
    assert abs(x[0] - x[1]) < 1


@pytest.mark.parametrize("name", ["Regenerate", "Continue"])
def test_another_reply_is_written_in_place(ann: Someone, name: str) -> None:
    writer = ann.talk("First", "One.")
    writer.exchange("Second", "Two, two", state="stopped")
    page = ann.open("/settings")
    page.goto(ann.chat)
    page.evaluate("() => { window.stayed = true; }")
    before = page.evaluate(HISTORY)
    ann.act_on(replies(page).last, name)
    expect(prompt(page)).to_be_focused()
    wait_until_final(page)
    expect(page.locator(".message")).to_have_count(5)
    expect(version(replies(page).last)).to_have_count(0 if name == "Continue" else 1)
    assert body(replies(page).last).inner_text().startswith("Two, two") == (name == "Continue")
    assert page.evaluate(STAYED)
    assert page.evaluate(HISTORY) == before
    send(page, "Third")
    expect(questions(page)).to_have_count(3)


def test_a_reload_shows_what_was_chosen_wherever_one_came_from(ann: Someone) -> None:
    page = open_versions(ann)
    newer = str(questions(page).first.get_attribute("id")).removeprefix("m-")
    page.goto(f"{ann.chat}?at={newer}#m-{newer}")
    ann.act_on(questions(page).first, "Previous version")
    expect(questions(page)).to_have_count(2)
    page.reload()
    expect(questions(page)).to_have_count(2)
    expect(prompt(page)).to_be_visible()


def test_on_a_page_of_older_messages_the_chosen_version_is_a_page_in_its_place(
    ann: Someone,
) -> None:
    ann.talk(*exchanges(20))
    first = message_ids(ann.http.get(f"{ann.chat}?at={_first(ann)}").text)[1]
    edit(ann.http, ann.chat, first, "A cat?")
    ann.http.post(f"{ann.chat}/head", data={"message": first})
    page = ann.open(f"{ann.chat}?at={first}")
    expect(prompt(page)).to_have_count(0)
    before = page.evaluate(HISTORY)
    ann.act_on(questions(page).first, "Next version")
    expect(body(questions(page))).to_have_text(["A cat?"])
    expect(prompt(page)).to_be_visible()
    assert page.evaluate(HISTORY) == before


def _first(someone: Someone) -> str:
    """The id of the chat's first message."""
    return str(someone.http.get(f"{someone.chat}/export.json").json()["messages"][0]["id"])


REFUSED = '<div id="notices" hx-swap-oob="innerHTML"><p role="alert">Not now.</p></div>'


def test_a_refusal_is_told_on_the_page_and_changes_nothing(ann: Someone) -> None:
    page = ann.open_talk("First", "One.")
    ann.expect_error("409")
    page.route("**/again", lambda route: route.fulfill(status=409, body=REFUSED))
    ann.act_on(replies(page).last, "Regenerate")
    expect(page.get_by_role("alert")).to_have_text("Not now.")
    expect(body(replies(page).last)).to_have_text("One.")


def test_continue_is_offered_at_the_end_only(visitor: Someone) -> None:
    writer = visitor.talk("First", "One.")
    writer.exchange("Second", "Two, two", state="stopped")
    page = visitor.open()
    again = page.get_by_role("button", name="Continue")
    expect(again).to_be_visible()
    visitor.fill(prompt(page), "Third")
    visitor.press(page.get_by_role("button", name="Send"))
    expect(questions(page)).to_have_count(3)
    expect(again).to_be_hidden()
    wait_until_final(page)
    page.reload()
    expect(again).to_have_count(0)
