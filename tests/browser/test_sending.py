"""A message is sent by script: what if the answer is late, or a gateway's own, or says nothing."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.support.page import (
    body,
    problem,
    prompt,
    questions,
    replies,
    send,
    wait_until_final,
)
from tests.browser.support.people import Someone, exchanges


def refuse(page: Page, address: str, status: int = 502) -> None:
    """As a gateway does whose server is away."""
    page.route(address, lambda route: route.fulfill(status=status, body="<h1>No</h1>"))


def test_a_message_sent_while_a_reply_runs_is_shown_once_queued_and_answered(ann: Someone) -> None:
    reply, page = ann.open_reply("Salt ")

    def answer_after_the_stream(route: Route) -> None:
        response = route.fetch()
        expect(questions(page)).to_have_count(2)
        route.fulfill(response=response)

    page.route("**/generate/*", answer_after_the_stream)
    page.evaluate("() => { window.loaded = 'once'; }")
    send(page, "Say hello.")
    expect(prompt(page)).to_have_value("")
    expect(replies(page).last).to_contain_text("Queued, ")
    reply.finish("water.")
    wait_until_final(page)
    numbers = page.locator(".message").evaluate_all("all => all.map(one => one.dataset.seq)")
    assert numbers == ["1", "2", "3", "4", "5"]
    assert page.evaluate("window.loaded") == "once"
    expect(body(replies(page).nth(1))).to_have_text("Salt water.")
    expect(body(replies(page).last)).not_to_be_empty()


@pytest.mark.parametrize(
    ("status", "words"), [(413, "too long, so it was not sent"), (502, "was not sent")]
)
def test_a_gateways_own_page_is_explained_and_the_text_stays(
    ann: Someone, status: int, words: str
) -> None:
    ann.expect_error(str(status))
    page = ann.open()
    refuse(page, "**/generate/*", status)
    send(page, "precious words")
    expect(problem(page)).to_contain_text(words)
    expect(prompt(page)).to_have_value("precious words")
    expect(page.locator("h1", has_text="No")).to_have_count(0)


def test_a_request_that_fails_without_a_word_is_told_until_one_succeeds(ann: Someone) -> None:
    reply, page = ann.open_reply()
    ann.expect_error("502")
    refuse(page, "**/stop")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("[data-notice=undone]")).to_contain_text("could not be done")
    page.unroute_all()
    page.get_by_role("button", name="Stop").click()
    reply.wait_until_stop_is_requested()
    reply.finish(state="stopped")
    expect(page.locator("[data-notice=undone]")).to_be_hidden()


def test_that_a_message_was_not_sent_is_told_until_it_is(ann: Someone) -> None:
    """The connection may be back long before."""
    ann.expect_error("502")
    page = ann.open()
    refuse(page, "**/generate/*")
    refuse(page, "**/events?*")
    send(page, "precious words")
    for name in ("unsent", "away"):
        expect(page.locator(f"[data-notice={name}]")).to_be_visible()
    page.unroute_all()
    expect(page.locator("[data-notice=away]")).to_be_hidden()
    expect(problem(page)).to_contain_text("Your message was not sent")
    expect(prompt(page)).to_have_value("precious words")
    prompt(page).press("Enter")
    expect(body(questions(page))).to_have_text("precious words")
    expect(problem(page)).to_have_count(0)


def test_a_text_that_was_not_sent_and_is_changed_is_another_message(ann: Someone) -> None:
    ann.expect_error("502")
    page = ann.open()
    refuse(page, "**/generate/*")
    send(page, "precious words")
    expect(problem(page)).to_contain_text("Your message was not sent")
    prompt(page).press("Backspace")
    expect(problem(page)).to_have_count(0)


def test_a_message_that_was_sent_is_not_said_to_be_unsent(ann: Someone) -> None:
    """Though the answer was lost."""
    ann.expect_error("502")
    page = ann.open()

    def lose_answer(route: Route) -> None:
        route.fetch()
        route.fulfill(status=502, body="<h1>No</h1>")

    page.route("**/generate/*", lose_answer)
    send(page, "precious words")
    expect(body(questions(page))).to_have_text("precious words")
    expect(problem(page)).to_have_count(0)


def test_while_the_connection_is_lost_a_reply_is_not_said_to_be_written(ann: Someone) -> None:
    reply, page = ann.open_reply()
    reply.write("Salt ")
    status = page.locator(".progress")
    expect(status).to_contain_text("Writing…")
    ann.expect_error("502")
    refuse(page, "**/events?*")
    page.reload()
    expect(page.locator("[data-notice=away]")).to_be_visible()
    expect(status).to_be_hidden()
    page.unroute_all()
    expect(page.locator("[data-notice=away]")).to_be_hidden()
    expect(status).to_be_visible()


def test_earlier_messages_that_do_not_come_move_nothing_later(ann: Someone) -> None:
    page = ann.open_talk(*exchanges(20))
    ann.expect_error("502")
    refuse(page, "**/*before=*")
    page.get_by_role("link", name="Earlier messages").click()
    expect(page.locator("[data-notice=undone]")).to_be_visible()
    prompt(page).fill("Go on.")
    page.keyboard.press("Enter")
    expect(body(questions(page).last)).to_have_text("Go on.")
    expect(prompt(page)).to_be_focused()
