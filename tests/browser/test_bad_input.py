"""What nobody should type, and somebody does."""

import pytest
from playwright.sync_api import expect

from tests.browser.support.page import FITS, body, replies, save
from tests.browser.support.people import Someone


@pytest.mark.parametrize(
    ("label", "value", "words"),
    [
        ("Title", "x" * 10_000, ["at most 80 characters", "10,000"]),
        ("Title", "\u200b\u200d\u2060", ["Please enter a title"]),
        ("Temperature", "hot", ["0 to 2"]),
    ],
    ids=["too long", "invisible", "no number"],
)
def test_a_form_that_is_refused_says_why_keeps_what_was_typed_and_changes_nothing(
    ann: Someone, label: str, value: str, words: list[str]
) -> None:
    ann.expect_error("422")
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open(f"{ann.chat}/settings")
    field = page.get_by_label(label)
    field.evaluate("field => field.removeAttribute('maxlength')")
    field.fill(value)
    save(page)
    for word in words:
        expect(page.get_by_role("alert")).to_contain_text(word)
    expect(field).to_have_value(value)
    assert page.evaluate(FITS)
    page.reload()
    expect(field).to_be_visible()
    page.goto(ann.chat)
    expect(page.locator("h1")).to_have_text("What is the sea?")


def test_a_search_takes_every_operator_and_quote_as_text(ann: Someone) -> None:
    page = ann.open_talk("A word; another 'word'.", 'It\'s 100 % "sure" <script>alert(1)</script>')
    page.get_by_label("Search all chats").fill('"sure" & (100')
    page.keyboard.press("Enter")
    found = page.get_by_role("main").locator(".hits")  # the list beside it shows them, too
    expect(found.locator(".snippet")).to_contain_text("It's 100 %")
    expect(found.locator("mark")).to_have_count(2)
    expect(page.get_by_label("Search all chats")).to_have_value('"sure" & (100')


@pytest.mark.parametrize("name", ["again", "continue"])
def test_a_reply_that_runs_cannot_be_regenerated_or_continued(ann: Someone, name: str) -> None:
    ann.expect_error("409")
    writer = ann.writer()
    done = writer.exchange("What is the sea?", "Salt ", state="stopped")
    page = ann.open()
    reply = writer.ask("And the moon?")
    page.locator(f"form[action$='/{name}']").last.evaluate(
        "(form, [old, running]) => { form.action = form.action.replace(old, running);"
        " form.submit(); }",  # past the scripts, as a browser without them does
        [done.id, reply.id],
    )
    expect(page.get_by_role("alert")).to_contain_text("still being written")
    page.goto(ann.chat)
    reply.finish("A rock.")
    expect(body(replies(page).last)).to_have_text("A rock.")
