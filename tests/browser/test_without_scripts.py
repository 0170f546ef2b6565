"""What is different in a browser that runs no scripts. The flows that it has in common with others
are in test_flows.py."""

from playwright.sync_api import expect

from tests.browser.support.page import body, prompt, questions, replies, send, side
from tests.browser.support.people import REPLY_MS, Someone, exchanges


def test_on_the_live_page_words_come_a_reply_is_stopped_and_more_is_sent(plain: Someone) -> None:
    reply = plain.writer().ask("What is the sea?")
    page = plain.open("/")
    page.goto(f"{plain.chat}/live", wait_until="commit")
    waiting = page.locator(".waiting:visible")
    expect(waiting).to_have_text("Thinking…")
    for words in ("Salt", "Salt water"):
        reply.write(f"{words.split()[-1]} ")
        expect(replies(page).last).to_contain_text(words)
    expect(waiting).to_have_count(0)
    page.get_by_role("link", name="back to the chat").click()
    send(page, "And the moon?")
    page.wait_for_url("**/live", wait_until="commit")
    page.get_by_role("button", name="Stop").first.click(no_wait_after=True)
    reply.wait_until_stop_is_requested()
    reply.finish(state="stopped")
    page.wait_for_url(f"**{plain.chat}#end", timeout=REPLY_MS)
    expect(replies(page).nth(1)).to_contain_text("Stopped.")
    expect(body(questions(page))).to_have_text(["What is the sea?", "And the moon?"])
    expect(body(replies(page).last)).not_to_be_empty()


def test_earlier_messages_are_a_page_of_their_own(plain: Someone) -> None:
    page = plain.open_talk(*exchanges(20))
    page.get_by_role("link", name="Earlier messages").click()
    expect(questions(page).first).to_contain_text("Question 0")
    page.get_by_role("link", name="Newest messages").click()
    expect(page.locator(".message").last).to_be_in_viewport()
    expect(prompt(page)).to_be_visible()


def test_the_list_leads_to_a_chats_end(plain: Someone) -> None:
    plain.talk(*exchanges(8))
    page = plain.open("/")
    side(page).locator(".chat-list a").click()
    expect(page.locator(".message").last).to_be_in_viewport()


def test_nothing_that_needs_a_script_is_shown(plain: Someone) -> None:
    plain.expect_error("422")
    page = plain.open_talk("Show me code.", "```python\nprint('sea')\n```")
    for dead in ("[data-copy]", "[data-show-keys]", "[data-below]", "[data-notice]", ".room"):
        expect(page.locator(f"{dead}:visible")).to_have_count(0)
    send(page, "   ")
    said = page.get_by_role("alert")
    expect(said).to_contain_text("Write a message first.")
    prompt(page).fill("Hi")
    expect(said).to_be_hidden()
