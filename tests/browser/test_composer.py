"""The field one writes in."""

from playwright.sync_api import expect

from tests.browser.support.page import act_on, choose, prompt, questions, send, wait_until_final
from tests.browser.support.people import Someone


def test_enter_sends_and_shift_enter_breaks_the_line(ann: Someone) -> None:
    page = ann.open()
    expect(prompt(page)).to_be_focused()
    page.keyboard.type("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    expect(prompt(page)).to_have_value("one\ntwo")
    page.keyboard.press("Enter")
    expect(questions(page).locator(".body")).to_have_text("one\ntwo")
    expect(prompt(page)).to_have_value("")
    expect(prompt(page)).to_be_focused()
    wait_until_final(page)


def test_enter_that_ends_a_composition_does_not_send(ann: Someone) -> None:
    page = ann.open()
    keyboard = ann.context.new_cdp_session(page)
    keyboard.send(
        "Input.imeSetComposition", {"text": "にほん", "selectionStart": 3, "selectionEnd": 3}
    )
    page.evaluate("""() => {
        const field = document.querySelector("#prompt");
        const enter = { key: "Enter", isComposing: true, bubbles: true, cancelable: true };
        window.taken = !field.dispatchEvent(new KeyboardEvent("keydown", enter));
    }""")
    assert page.evaluate("taken") is False, "the input method must get the key"
    keyboard.send("Input.insertText", {"text": "日本"})
    expect(prompt(page)).to_have_value("日本")
    expect(questions(page)).to_have_count(0)
    page.keyboard.press("Enter")
    expect(questions(page)).to_have_count(1)


def test_the_field_grows_with_its_text_up_to_a_part_of_the_window(ann: Someone) -> None:
    page = ann.open()
    height = "element => element.getBoundingClientRect().height"
    low = prompt(page).evaluate(height)
    prompt(page).fill("line\n" * 5)
    higher = prompt(page).evaluate(height)
    prompt(page).fill("line\n" * 300)
    highest = prompt(page).evaluate(height)
    assert low + 60 < higher < highest < 600
    expect(page.get_by_role("button", name="Send")).to_be_in_viewport()


def test_a_draft_survives_a_reload_and_is_gone_once_it_was_sent(ann: Someone) -> None:
    page = ann.open()
    prompt(page).fill("half a thought")
    page.reload()
    expect(prompt(page)).to_have_value("half a thought")
    page.keyboard.press("Enter")
    expect(questions(page)).to_have_count(1)
    page.reload()
    expect(prompt(page)).to_have_value("")


def test_a_draft_outlives_a_home_page_that_fails_and_a_deletion_undone(ann: Someone) -> None:
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open()
    prompt(page).fill("half a thought")
    ann.expect_error("422")
    page.goto("/?deleted=nonsense")
    page.goto(ann.chat)
    expect(prompt(page)).to_have_value("half a thought")
    choose(page, "Delete this chat")
    page.get_by_role("button", name="Undo").click()
    expect(prompt(page)).to_have_value("half a thought")


def test_each_tab_keeps_its_own_draft_and_a_new_one_has_the_last(ann: Someone) -> None:
    ann.new_chat()
    first, second = ann.open(), ann.open()
    prompt(first).fill("long and important")
    prompt(second).fill("short")
    expect(prompt(third := ann.open())).to_have_value("short")
    third.close()
    second.keyboard.press("Enter")
    expect(questions(second)).to_have_count(1)
    expect(prompt(ann.open())).to_have_value("")
    first.reload()
    expect(prompt(first)).to_have_value("long and important")


def test_another_version_half_written_survives_a_reload_until_it_is_sent(ann: Someone) -> None:
    ann.talk("What is a dog?", "Dogs are animals.")
    page = ann.open()
    act_on(questions(page).last, "Edit")
    page.locator("#edited").fill("What is a cat")
    page.reload()
    expect(page.locator("#edited")).to_have_value("What is a cat")
    page.get_by_role("link", name="Cancel").click()
    act_on(questions(page).last, "Edit")
    expect(page.locator("#edited")).to_have_value("What is a dog?")
    page.locator("#edited").fill("What is a fox?")
    page.keyboard.press("Enter")
    expect(questions(page).last.locator(".body")).to_have_text("What is a fox?")
    act_on(questions(page).last, "Previous version")
    act_on(questions(page).last, "Edit")
    expect(page.locator("#edited")).to_have_value("What is a dog?")


def test_each_chat_keeps_its_own_draft(ann: Someone) -> None:
    first, second = ann.new_chat(), ann.new_chat()
    page = ann.open(first)
    prompt(page).fill("about the first")
    page.goto(second)
    expect(prompt(page)).to_have_value("")
    prompt(page).fill("about the second")
    page.goto(first)
    expect(prompt(page)).to_have_value("about the first")


def test_the_limit_is_told_before_it_is_hit_and_a_text_past_it_is_kept(ann: Someone) -> None:
    ann.expect_error("413")
    page = ann.open()
    room = page.locator("#room")
    prompt(page).fill("é" * 1000)
    expect(room).to_be_hidden()
    prompt(page).fill("é" * 16_000)
    expect(room).to_have_text("768 bytes left")
    prompt(page).fill("é" * 16_400)
    expect(room).to_have_text("32 bytes too many")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("too long")
    expect(prompt(page)).to_have_value("é" * 16_400)
    expect(questions(page)).to_have_count(0)


def test_the_longest_message_allowed_is_sent_and_shown(ann: Someone) -> None:
    page = ann.open()
    hand = ann.hand()
    running = hand.ask("Hold the line, please.")  # so that the model need not read all that
    page.reload()
    send(page, "w" * 32_768)
    expect(questions(page)).to_have_count(2)
    assert questions(page).last.locator(".body").inner_text() == "w" * 32_768
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Stop").last.click()
    expect(page.locator(".status.stopped")).to_have_count(1)
    running.finish("Done.")
