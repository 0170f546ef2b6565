"""What nobody should type, and somebody does."""

import pytest
from playwright.sync_api import expect

from tests.browser.support.page import choose, prompt, questions, replies, send, side
from tests.browser.support.people import Someone

EMOJI = "👩‍👩‍👧‍👦🏳️‍🌈🫠"
SEARCHES = [
    "'", '"', '"open quote', "a & b", "a | b", "!a", "a:*", "(a", "a)", "<->", "a <-> b", "\\",
    "%", "_", "*", "--", ";", "$$", "a\tb", "<script>alert(1)</script>", "' OR 1=1 --", EMOJI,
    "the", "…", "۔", "\u202e", "a" * 200, "OR", "AND NOT", "-word", "&amp;",
]  # fmt: skip


def test_a_title_of_10000_characters_is_refused_with_its_length_and_kept(ann: Someone) -> None:
    ann.expect_error("422")
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open(f"{ann.chat}/settings")
    page.get_by_label("Title").evaluate("field => field.removeAttribute('maxlength')")
    page.get_by_label("Title").fill("x" * 10_000)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("at most 80 characters")
    expect(page.get_by_role("alert")).to_contain_text("10000")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(ann.chat)
    expect(page.locator("h1")).to_have_text("What is the sea?")


def test_a_first_message_of_10000_characters_makes_a_title_that_fits(ann: Someone) -> None:
    page = ann.open()
    send(page, "x" * 10_000)
    expect(questions(page)).to_have_count(1)
    page.get_by_role("button", name="Stop").click()
    title = page.locator("h1").inner_text()
    assert 1 <= len(title) <= 80
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_name_of_emoji_only_is_a_name(ann: Someone) -> None:
    page = ann.open("/")
    page.get_by_label("Your name").fill(EMOJI)
    page.get_by_role("button", name="Start chatting").click()
    expect(prompt(page)).to_be_focused()
    page.goto("/settings")
    expect(page.get_by_label("Your name")).to_have_value(EMOJI)


def test_a_title_of_emoji_only_is_a_title(ann: Someone) -> None:
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open()
    choose(page, "Rename and settings")
    page.get_by_label("Title").fill(EMOJI)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("h1")).to_have_text(EMOJI)
    expect(side(page).locator("[aria-current]")).to_have_text(EMOJI)


def test_a_title_that_nobody_could_see_is_refused(ann: Someone) -> None:
    ann.expect_error("422")
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open(f"{ann.chat}/settings")
    page.get_by_label("Title").fill("\u200b\u200d\u2060")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("something to see")


def test_a_search_takes_every_operator_and_quote_as_text(ann: Someone) -> None:
    ann.talk("A word; another 'word'.", f'It\'s 100 % "sure" {EMOJI} <script>alert(1)</script>')
    for words in SEARCHES:
        answer = ann.http.get("/search", params={"q": words})
        assert answer.status_code == 200, words
        assert "<script>alert" not in answer.text
    page = ann.open()
    page.get_by_label("Search in all chats").fill('"sure" & (100')
    page.keyboard.press("Enter")
    expect(page.locator(".hits .snippet")).to_contain_text("It's 100 %")
    expect(page.locator(".hits mark")).to_have_count(2)
    expect(page.get_by_label("Search in all chats")).to_have_value('"sure" & (100')


@pytest.mark.parametrize("name", ["again", "continue"])
def test_a_reply_that_runs_cannot_be_asked_for_anew(ann: Someone, name: str) -> None:
    ann.expect_error("409")
    hand = ann.hand()
    done = hand.exchange("What is the sea?", "Salt ", state="stopped")
    page = ann.open()
    growing = hand.ask("And the moon?")
    growing.write("A ")
    page.locator(f"form[action$='/{name}']").last.evaluate(
        "(form, [old, running]) => { form.action = form.action.replace(old, running) }",
        [done.id, growing.id],
    )
    page.locator(f"form[action$='/{name}']").last.evaluate("form => form.requestSubmit()")
    expect(page.get_by_role("alert")).to_contain_text("still being written")
    page.goto(ann.chat)
    growing.finish("rock.")
    expect(replies(page).last.locator(".body")).to_have_text("A rock.")


def test_markup_in_a_message_is_text(ann: Someone) -> None:
    image = "<img src=x onerror=alert(1)>"
    ann.talk(image, f"{image} [x](javascript:alert(1))")
    page = ann.open()
    expect(questions(page).locator(".body")).to_have_text(image)
    assert page.locator(".body img, .body [href^=javascript]").count() == 0
