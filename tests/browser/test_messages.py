"""What can be done with a message, by mouse."""

from playwright.sync_api import Page, expect

from tests.browser.support.page import (
    act_on,
    is_in_view,
    prompt,
    questions,
    replies,
    send,
    wait_until_final,
)
from tests.browser.support.people import REPLY_MS, Someone

PERMISSIONS = ["clipboard-read", "clipboard-write"]
CODE = "Here:\n\n```python\nprint('sea')\n```\n\nThat is **all**."


def clipboard(page: Page) -> str:
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_an_edited_message_is_answered_and_both_versions_stay(ann: Someone) -> None:
    ann.talk("What is a dog?", "Dogs are animals.")
    page = ann.open()
    act_on(questions(page).last, "Edit")
    field = page.locator("#edited")
    expect(field).to_be_focused()
    expect(field).to_have_value("What is a dog?")
    field.fill("What is a cat?")
    page.locator("form.edit").get_by_role("button", name="Send").click()
    expect(questions(page).last.locator(".body")).to_have_text("What is a cat?")
    wait_until_final(page)
    expect(replies(page).last).not_to_contain_text("Dogs are animals.")
    act_on(questions(page).last, "Previous version")
    expect(questions(page).last.locator(".body")).to_have_text("What is a dog?")
    expect(replies(page).last.locator(".body")).to_have_text("Dogs are animals.")
    act_on(questions(page).last, "Next version")
    expect(questions(page).last.locator(".body")).to_have_text("What is a cat?")
    expect(questions(page).last).to_contain_text("2/2")


def test_cancelling_an_edit_changes_nothing(ann: Someone) -> None:
    ann.talk("What is a dog?", "Dogs are animals.")
    page = ann.open()
    act_on(questions(page).last, "Edit")
    page.locator("#edited").fill("Never mind")
    page.get_by_role("link", name="Cancel").click()
    expect(questions(page).last.locator(".body")).to_have_text("What is a dog?")
    expect(prompt(page)).to_have_value("")


def test_a_reply_is_written_anew_beside_the_first(ann: Someone) -> None:
    ann.talk("What is a dog?", "Dogs are animals.")
    page = ann.open()
    act_on(replies(page).last, "Write it anew")
    expect(replies(page).last).not_to_contain_text("Dogs are animals.")
    wait_until_final(page)
    expect(replies(page).last).to_contain_text("2/2")
    act_on(replies(page).last, "Previous version")
    expect(replies(page).last.locator(".body")).to_have_text("Dogs are animals.")


def test_a_stopped_reply_goes_on_from_its_last_word(ann: Someone) -> None:
    hand = ann.hand()
    growing = hand.ask("Count to twenty.")
    growing.finish("1, 2, 3, 4, 5, 6, 7,", state="stopped")
    page = ann.open()
    expect(replies(page).last).to_contain_text("Stopped.")
    replies(page).last.get_by_role("button", name="Continue").click()
    expect(replies(page).last).to_contain_text("2/2", timeout=REPLY_MS)
    body = replies(page).last.locator(".body").inner_text()
    assert body.startswith("1, 2, 3, 4, 5, 6, 7,")
    assert len(body) > len("1, 2, 3, 4, 5, 6, 7,")


def test_a_reply_is_copied_as_it_was_written_and_code_by_itself(ann: Someone) -> None:
    ann.context.grant_permissions(PERMISSIONS, origin=ann.parley.url)
    ann.talk("Show me some code.", CODE)
    page = ann.open()
    act_on(replies(page).last, "Copy")
    expect(page.get_by_title("Copied")).to_have_count(1)
    expect(page.locator("[data-announce]")).to_contain_text("Copied")
    assert clipboard(page) == CODE
    page.locator("figure.code").get_by_role("button").click()
    expect(page.locator("figure.code").get_by_title("Copied")).to_have_count(1)
    assert clipboard(page).strip() == "print('sea')"
    act_on(questions(page).last, "Copy")
    expect(questions(page).last.get_by_title("Copied")).to_have_count(1)
    assert clipboard(page) == "Show me some code."


def test_a_refused_copy_says_so(ann: Someone) -> None:
    ann.talk("Show me some code.", CODE)
    page = ann.open()
    page.evaluate("""() => {
        navigator.clipboard.writeText = () => Promise.reject(new Error("no"));
    }""")
    page.locator("figure.code").get_by_role("button").click()
    expect(page.locator("[data-announce]")).to_contain_text("did not allow copying")


def test_delete_from_here_on_leaves_what_stands_above(ann: Someone) -> None:
    ann.talk("First", "One.", "Second", "Two.", "Third", "Three.")
    page = ann.open()
    act_on(questions(page).nth(1), "More about this message")
    page.get_by_text("Delete from here on…").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(questions(page)).to_have_count(1)
    expect(replies(page).last.locator(".body")).to_have_text("One.")
    expect(page.get_by_text("Three.")).to_have_count(0)


def test_a_messages_link_leads_to_it_in_another_tab(ann: Someone) -> None:
    hand = ann.talk("Where did the albatross nest?", "On a cliff.")
    for number in range(20):
        hand.exchange(f"Question {number}", "An answer.\n\n" * 5)
    page = ann.open()
    while page.get_by_role("link", name="Earlier messages").count():
        shown = page.locator(".message").count()
        page.get_by_role("link", name="Earlier messages").click()
        expect(page.locator(".message")).not_to_have_count(shown)
    act_on(page.locator(".message.user").first, "More about this message")
    link = page.get_by_role("link", name="Back to it in the chat").get_attribute("href")
    other = ann.open(link)
    target = other.locator(".message:target")
    expect(target).to_contain_text("albatross")
    expect(target).to_be_in_viewport()
    assert is_in_view(target)


def test_earlier_messages_come_in_without_a_jump(ann: Someone) -> None:
    hand = ann.talk()
    for number in range(25):
        hand.exchange(f"Question {number}", "An answer.\n\n" * 5)
    page = ann.open()
    first = page.locator(".message").first
    page.evaluate("scrollTo(0, 0)")
    top = page.locator(f"[id='{first.get_attribute('id')}']")
    earlier = page.get_by_role("link", name="Earlier messages")
    earlier.evaluate("link => link.focus()")
    before = top.bounding_box()
    page.keyboard.press("Enter")
    expect(page.locator(".message")).to_have_count(51)
    after = top.bounding_box()
    assert before
    assert after
    assert abs(before["y"] - after["y"]) < 3


def test_time_and_tokens_are_told_on_demand(ann: Someone) -> None:
    ann.new_chat()
    page = ann.open()
    send(page, "Say hello.")
    expect(replies(page).last.locator(".figures")).to_have_count(1, timeout=REPLY_MS)
    replies(page).last.locator("summary").click()
    expect(replies(page).last.locator(".figures")).to_contain_text("tokens/s")
    act_on(replies(page).last, "More about this message")
    expect(page.locator(".facts")).to_contain_text("smollm2")
    expect(page.locator(".facts")).to_contain_text("First word after")
