"""The field one writes in: keys, its size, its limit, and drafts."""

import re

import pytest
from playwright.sync_api import Dialog, expect

from tests.browser.support.page import (
    FITS,
    body,
    problem,
    prompt,
    questions,
    replies,
    send,
    send_past_the_counter,
)
from tests.browser.support.people import Someone
from tests.support.tokens import COUNTED, Counted


def test_enter_sends_and_shift_enter_breaks_the_line(ann: Someone) -> None:
    page = ann.open()
    expect(prompt(page)).to_be_focused()
    ann.profile.requests.clear()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Send").click()
    expect(prompt(page)).to_be_focused()
    page.keyboard.press("Backspace")
    page.keyboard.type("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    expect(prompt(page)).to_have_value("one\ntwo")
    page.keyboard.press("Enter")
    expect(body(questions(page))).to_have_text("one\ntwo")
    expect(prompt(page)).to_have_value("")
    expect(prompt(page)).to_be_focused()
    assert sum("/generate/" in url for url in ann.profile.requests) == 1, "spaces are no message"


def test_enter_that_ends_a_composition_does_not_send(ann: Someone) -> None:
    page = ann.open()
    keyboard = ann.context.new_cdp_session(page)
    keyboard.send(
        "Input.imeSetComposition", {"text": "にほん", "selectionStart": 3, "selectionEnd": 3}
    )
    left_to_the_input_method = page.evaluate("""() => {
        const enter = { key: "Enter", isComposing: true, bubbles: true, cancelable: true };
        return document.querySelector("#prompt").dispatchEvent(new KeyboardEvent("keydown", enter));
    }""")
    assert left_to_the_input_method
    keyboard.send("Input.insertText", {"text": "日本"})
    expect(prompt(page)).to_have_value("日本")
    expect(questions(page)).to_have_count(0)
    page.keyboard.press("Enter")
    expect(questions(page)).to_have_count(1)


def test_the_field_grows_with_its_text_up_to_a_part_of_the_window(ann: Someone) -> None:
    page = ann.open()
    heights = []
    for lines in (0, 5, 300):
        prompt(page).fill("line\n" * lines)
        heights.append(prompt(page).evaluate("field => field.offsetHeight"))
    assert heights[0] + 60 < heights[1] < heights[2] < 600
    expect(page.get_by_role("button", name="Send")).to_be_in_viewport()


OR_ATTACH = ", or attach it as a file"


def test_the_counter_tells_what_a_text_s_length_means(ann: Someone) -> None:
    page = ann.open()
    rooms = (prompt(page).get_attribute(f"data-{name}") for name in ("tokens", "most"))
    whole, most = (int(room or 0) for room in rooms)
    assert whole < most < 4096
    for words, said, alarming in (
        (whole // 2, "", False),
        (whole - 250, "About 1,000 characters left.", False),
        (whole + 1, "Long: the reply may be cut short.", False),
        (most, "Long: the reply may be cut short.", False),
        (most + 9, f"Probably too long: shorten it by about 40 characters{OR_ATTACH}.", True),
        (
            4200,
            f"Too long: shorten it by about {-(-(4200 - most) * 4 // 10) * 10} characters"
            f"{OR_ATTACH}.",
            True,
        ),
        (7, "", False),
    ):
        prompt(page).fill("the " * words)
        expect(page.locator("#room")).to_have_text(said)
        assert (page.locator("#room.over").count() == 1) == alarming
    # As for a model that can read more than a message may have.
    roomy = "field => Object.assign(field.dataset, { tokens: 1e6, most: 1e6, context: 1e6 })"
    prompt(page).evaluate(roomy)
    for letters, said in (
        (1000, ""),
        (16_000, "About 380 characters left."),
        (16_400, f"Too long: shorten it by about 20 characters{OR_ATTACH}."),
    ):
        prompt(page).fill("é" * letters)
        expect(page.locator("#room")).to_have_text(said)


ESTIMATE = "async text => (await import('/static/js/tokens.js')).estimateTokens(text)"


@pytest.mark.parametrize("counted", COUNTED, ids=[counted.name for counted in COUNTED])
def test_tokens_are_estimated_rather_too_high_than_too_low(ann: Someone, counted: Counted) -> None:
    assert 1 <= ann.open().evaluate(ESTIMATE, counted.text) / counted.tokens <= 1.25


@pytest.mark.parametrize("text", ["the " * 4200, "é" * 16_400], ids=["words", "bytes"])
def test_a_message_that_is_certainly_too_long_is_not_sent(ann: Someone, text: str) -> None:
    page = ann.open()
    field = prompt(page)
    field.fill(text)
    expect(field).to_have_attribute("aria-invalid", "true")
    for send_it in ("Enter", "click"):
        if send_it == "Enter":
            page.keyboard.press("Enter")
        else:
            page.get_by_role("button", name="Send").click()
        expect(page.locator("#room.over")).to_contain_text("Too long: shorten it by about")
        expect(field).to_be_focused()
    expect(field).to_have_value(text)
    assert "room" in str(field.get_attribute("aria-describedby"))
    unprevented = "field => field.dispatchEvent(new Event('invalid', { cancelable: true }))"
    assert not field.evaluate(unprevented), "nor does the browser's bubble cover the words"
    assert not [url for url in ann.profile.requests if "/generate/" in url]
    field.fill("Say hello.")
    page.keyboard.press("Enter")
    expect(questions(page)).to_have_count(1)


@pytest.mark.parametrize("taken", [True, False])
def test_a_message_that_is_too_long_can_be_attached_as_a_file(ann: Someone, taken: bool) -> None:
    page = ann.open()
    attach = page.get_by_role("button", name="Attach it as a file")
    prompt(page).fill("Short.")
    expect(attach).to_be_hidden()
    prompt(page).fill("the " * 4200)
    if not taken:
        ann.expect_error("502")
        page.route("**/documents?*", lambda route: route.fulfill(status=502))
    attach.click()
    if taken:
        expect(page.locator("#documents").get_by_role("link", name="message.txt")).to_be_visible()
        expect(prompt(page)).to_be_focused()
        expect(attach).to_be_hidden()
    else:
        expect(problem(page)).to_contain_text("The upload of message.txt was interrupted.")
    expect(prompt(page)).to_have_value("" if taken else "the " * 4200)


@pytest.mark.parametrize("taken", [True, False])
def test_from_home_a_text_that_becomes_a_file_is_no_draft_of_the_chat(
    ann: Someone, taken: bool
) -> None:
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open("/")
    prompt(page).fill("the " * 4200)
    if not taken:
        ann.expect_error("502")
        page.route("**/documents", lambda route: route.fulfill(status=502, body="Away."))
    page.get_by_role("button", name="Attach it as a file").click()
    if taken:
        expect(page.locator("#documents").get_by_role("link", name="message.txt")).to_be_visible()
        expect(prompt(page)).to_have_value("")
    else:
        expect(page.locator("body")).to_contain_text("Away.")
    page = ann.open("/")
    expect(prompt(page)).to_have_value("" if taken else "the " * 4200)


def test_replies_of_the_same_kind_correct_the_estimate(ann: Someone) -> None:
    german = "Größere Überschwemmungen führten häufig zu Verspätungen. "
    writer = ann.talk("Why?", german * 9)
    page = ann.open()
    estimated = page.evaluate(ESTIMATE, german * 200)
    writer.exchange("Why?", german * 9, completion_tokens=400)
    page.reload()
    assert page.evaluate(ESTIMATE, german * 200) > 1.2 * estimated
    assert page.evaluate(ESTIMATE, "the " * 3500) == 3500


@pytest.mark.parametrize("explained", [True, False])
def test_what_was_said_of_a_text_that_is_too_long_goes_with_its_length(
    ann: Someone, explained: bool
) -> None:
    ann.expect_error("413")
    page = ann.open()
    if not explained:
        page.route("**/generate/*", lambda route: route.fulfill(status=413, body="<h1>No</h1>"))
    prompt(page).fill("é" * 16_400)
    send_past_the_counter(page)
    expect(problem(page)).to_contain_text(re.compile("too long", re.IGNORECASE))
    expect(prompt(page)).to_have_value("é" * 16_400)
    expect(questions(page)).to_have_count(0)
    prompt(page).press("End")
    for _ in range(15):
        page.keyboard.press("Backspace")
    expect(problem(page)).to_have_count(1)
    page.keyboard.press("Backspace")
    expect(problem(page)).to_have_count(0)


def test_an_edit_begins_at_the_end_and_escape_cancels_it(ann: Someone) -> None:
    page = ann.open_talk("What is a dog?", "Dogs are animals.")
    field = ann.edit(page)
    expect(field).to_be_focused()
    page.keyboard.type(" And a cat?")
    expect(field).to_have_value("What is a dog? And a cat?")
    questions_asked: list[str] = []
    answers = iter((False, True))

    def answer(dialog: Dialog) -> None:
        questions_asked.append(dialog.message)
        if next(answers):
            dialog.accept()
        else:
            dialog.dismiss()

    page.on("dialog", answer)
    page.keyboard.press("Escape")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(body(questions(page).last)).to_have_text("What is a dog?")
    assert questions_asked == ["Discard your changes?"] * 2
    expect(ann.edit(page)).to_have_value("What is a dog?")
    page.keyboard.press("Escape")
    expect(body(questions(page).last)).to_have_text("What is a dog?")
    assert len(questions_asked) == 2
    page.go_back()
    expect(body(questions(page).last)).to_have_text("What is a dog?")
    expect(field).to_have_count(0)


def test_the_longest_message_allowed_is_sent_and_shown(ann: Someone) -> None:
    ann.writer().ask("x" * 10_000)  # which is being answered, so that nobody need read what follows
    page = ann.open()
    assert 1 <= len(page.locator("h1").inner_text()) <= 80
    send(page, "w" * 32_768)
    expect(body(questions(page).last)).to_have_text("w" * 32_768)
    assert page.evaluate(FITS)
    replies(page).last.get_by_role("button", name="Stop").click()
    expect(page.locator(".status.stopped")).to_have_count(1)


# --- drafts ---


def test_a_draft_survives_until_it_is_sent(ann: Someone) -> None:
    """A reload, a home page that fails, another chat, a deletion that is undone."""
    other = ann.new_chat()
    page = ann.open_talk("What is the sea?", "Salt water.")
    prompt(page).fill("half a thought")
    page.reload()
    expect(prompt(page)).to_have_value("half a thought")
    ann.expect_error("422")
    page.goto("/?deleted=nonsense")
    page.goto(other)
    expect(prompt(page)).to_have_value("")
    page.goto(ann.chat)
    expect(prompt(page)).to_have_value("half a thought")
    ann.choose(page, "Delete chat")
    page.get_by_role("button", name="Undo").click()
    expect(prompt(page)).to_have_value("half a thought")
    page.keyboard.press("Enter")
    expect(questions(page)).to_have_count(2)
    page.reload()
    expect(prompt(page)).to_have_value("")


def test_drafts_are_gone_once_the_session_is(ann: Someone) -> None:
    page = ann.open()
    prompt(page).fill("half a thought")
    stored = "Object.keys({ ...localStorage, ...sessionStorage }).some(k => k.startsWith('draft:'))"
    assert page.evaluate(stored)
    ann.context.clear_cookies()
    page.goto("/")
    expect(page.get_by_label("Your name")).to_be_focused()
    assert not page.evaluate(stored)


def test_each_tab_keeps_its_own_draft_and_a_new_one_has_the_last(ann: Someone) -> None:
    first, second = ann.open(), ann.open()
    prompt(first).fill("long and important")
    prompt(second).fill("short")
    third = ann.open()
    expect(prompt(third)).to_have_value("short")
    third.close()
    second.keyboard.press("Enter")
    expect(questions(second)).to_have_count(1)
    expect(prompt(ann.open())).to_have_value("")
    first.reload()
    expect(prompt(first)).to_have_value("long and important")


def test_the_draft_of_an_edit_survives_a_reload_until_it_is_sent_or_cancelled(ann: Someone) -> None:
    page = ann.open_talk("What is a dog?", "Dogs are animals.")
    edited = page.locator("#edited")
    expect(ann.edit(page)).to_be_focused()
    edited.fill("What is a cat")
    page.reload()
    expect(edited).to_have_value("What is a cat")
    page.get_by_role("link", name="Cancel").click()
    expect(body(questions(page).last)).to_have_text("What is a dog?")
    expect(prompt(page)).to_have_value("")
    expect(ann.edit(page)).to_have_value("What is a dog?")
    edited.fill("What is a fox?")
    page.keyboard.press("Enter")
    expect(body(questions(page).last)).to_have_text("What is a fox?")
    ann.act_on(questions(page).last, "Previous version")
    expect(body(questions(page).last)).to_have_text("What is a dog?")
    expect(ann.edit(page)).to_have_value("What is a dog?")
