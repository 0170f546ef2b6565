"""From the home page on: with JavaScript the reply grows in place; without, on its own page."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Person
from tests.browser.support.page import (
    allow_long_replies,
    prompt,
    questions,
    replies,
    wait_until_final,
)
from tests.browser.support.people import REPLY_MS, Someone

STORY = "Tell me a long story about the sea."


def start(someone: Someone) -> Page:
    """From the home page into a new chat."""
    page = someone.open("/")
    page.get_by_label("Your name").fill("Ann")
    page.get_by_role("button", name="chat").last.click()
    expect(prompt(page)).to_be_focused()
    page.wait_for_load_state()  # a test types faster than a busy machine loads
    return page


def ask(page: Page, text: str) -> None:
    prompt(page).fill(text)
    page.keyboard.press("Enter")


def test_with_javascript_the_reply_grows_in_place(ann: Someone) -> None:
    page = start(ann)
    address = page.url
    ask(page, "What is the capital of France?")
    expect(prompt(page)).to_have_value("")
    expect(page).to_have_title("What is the capital of France? · Parley")
    expect(page.locator("h1")).to_have_text("What is the capital of France?")
    expect(replies(page).last).to_contain_text("Paris", timeout=REPLY_MS)
    wait_until_final(page)
    answer = replies(page).last.locator(".body").inner_text()
    assert page.url == address, "no page was loaded anew"
    page.reload()
    expect(replies(page).last.locator(".body")).to_have_text(answer)


def test_a_message_is_shown_once_even_if_the_stream_is_faster_than_the_answer(
    ann: Someone,
) -> None:
    page = start(ann)
    ask(page, STORY)
    page.locator("[data-unfinished]").first.wait_for()

    def answer_late(route: Route) -> None:
        response = route.fetch()
        page.wait_for_timeout(1000)
        route.fulfill(response=response)

    page.route("**/generate/*", answer_late)
    ask(page, "Say hello.")
    expect(prompt(page)).to_have_value("", timeout=REPLY_MS)
    wait_until_final(page)
    numbers = page.locator(".message").evaluate_all("all => all.map(one => one.dataset.seq)")
    assert numbers == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize(
    ("status", "words"), [(413, "the limit is 32768 bytes"), (502, "could not be sent")]
)
def test_a_gateways_own_page_is_explained_and_the_text_stays(
    ann: Someone, status: int, words: str
) -> None:
    ann.expect_error(str(status))
    page = start(ann)
    page.route("**/generate/*", lambda route: route.fulfill(status=status, body="<h1>No</h1>"))
    ask(page, "precious words")
    expect(page.locator("[data-notice]:visible")).to_contain_text(words)
    expect(prompt(page)).to_have_value("precious words")
    expect(page.locator("h1", has_text="No")).to_have_count(0)


def test_stop_leaves_the_keyboard_at_the_message_box(ann: Someone) -> None:
    page = start(ann)
    allow_long_replies(page)
    ask(page, STORY)
    page.get_by_role("button", name="Stop").press("Enter")
    expect(page.locator(".status.stopped")).to_contain_text("Stopped.")
    expect(prompt(page)).to_be_focused()


def test_a_tab_that_is_looked_at_again_shows_what_another_wrote(ann: Someone) -> None:
    first = start(ann)
    second = ann.open(first.url)
    ask(first, "Say hello.")
    expect(first.locator(".message")).to_have_count(3)
    wait_until_final(first)
    second.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(second.locator(".message")).to_have_count(3)


def test_a_reload_in_mid_reply_loses_nothing(ann: Someone) -> None:
    page = start(ann)
    ask(page, STORY)
    page.locator("[data-unfinished] .open *").first.wait_for(timeout=REPLY_MS)
    page.reload()
    expect(page.locator(".message.user")).to_have_count(1)
    wait_until_final(page)
    expect(replies(page)).to_have_count(2)


def test_without_javascript_the_page_grows_and_leads_back(person: Person) -> None:
    bob = person("Bob", java_script_enabled=False)
    page = bob.open("/")
    page.get_by_label("Your name").fill("Bob")
    page.get_by_role("button", name="Start").click()
    chat = page.url
    prompt(page).fill(STORY)
    page.get_by_role("button", name="Send").click(no_wait_after=True)
    page.wait_for_url(f"{chat}/live", wait_until="commit", timeout=REPLY_MS)
    page.wait_for_url(f"{chat}#end", timeout=REPLY_MS)
    expect(page.locator("[data-unfinished]")).to_have_count(0)
    expect(replies(page)).to_have_count(2)


def test_the_swagger_page_works_under_the_strict_policy(ann: Someone) -> None:
    page = ann.open("/docs")
    expect(page.locator(".opblock")).not_to_have_count(0)
    page.locator(".opblock").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table")).to_contain_text("200")


def test_a_request_that_fails_without_a_word_is_told(ann: Someone) -> None:
    growing = ann.hand().ask("What is the sea?")
    growing.write("Salt ")
    page = ann.open()
    ann.expect_error("502")
    page.route("**/stop", lambda route: route.fulfill(status=502, body="<h1>No</h1>"))
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("[data-notice=undone]")).to_contain_text("could not be done")
    page.unroute_all()
    page.get_by_role("button", name="Stop").click()
    assert growing.stops()
    growing.finish(state="stopped")
    expect(page.locator("[data-notice=undone]")).to_be_hidden()


def test_earlier_messages_that_do_not_come_move_nothing_later(ann: Someone) -> None:
    ann.talk(*(word for n in range(20) for word in (f"Question {n}", f"Answer {n}.")))
    page = ann.open()
    ann.expect_error("502")
    page.route("**/*before=*", lambda route: route.fulfill(status=502, body="<h1>No</h1>"))
    page.get_by_role("link", name="Earlier messages").click()
    expect(page.locator("[data-notice=undone]")).to_be_visible()
    ann.hand(ann.chat)
    prompt(page).fill("Go on.")
    page.keyboard.press("Enter")
    expect(questions(page).last.locator(".body")).to_have_text("Go on.")
    expect(prompt(page)).to_be_focused()
