"""While a reply is being written: its words, Stop, the line, scrolling, a tab in the background."""

from playwright.sync_api import Page, expect

from tests.browser.support.page import (
    AT_END,
    allow_long_replies,
    prompt,
    questions,
    replies,
    send,
    wait_until,
    wait_until_final,
)
from tests.browser.support.people import REPLY_MS, Someone

LONG = "A line of words.\n\n" * 12


def hide(page: Page, hidden: bool) -> None:
    """As if another tab came to the front, or went."""
    page.evaluate(
        """hidden => {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


def test_the_real_models_words_appear_while_it_writes_and_stop_ends_them(ann: Someone) -> None:
    ann.new_chat()
    page = ann.open()
    allow_long_replies(page)
    send(page, "Tell me a long story about the sea.")
    page.locator("[data-unfinished] .open *").first.wait_for(timeout=REPLY_MS)
    page.get_by_role("button", name="Stop").click()
    expect(replies(page).last).to_contain_text("Stopped.")
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    expect(prompt(page)).to_be_focused()


# Every text that the growing block has shown.
NOTE_TEXTS = """() => {
    window.texts = [];
    const block = document.querySelector("[data-unfinished] .open");
    const note = () => window.texts.push(block.textContent);
    new MutationObserver(note).observe(block, {
        childList: true, subtree: true, characterData: true,
    });
}"""


def test_the_first_words_appear_at_once_and_later_ones_bit_by_bit(ann: Someone) -> None:
    growing = ann.hand().ask("What is the sea?")
    page = ann.open()
    expect(page.locator(".progress")).to_contain_text("Thinking…")
    page.evaluate(NOTE_TEXTS)
    growing.write("Salt water, ")
    expect(replies(page).last).to_contain_text("Salt water,")
    assert page.evaluate("window.texts[0].trim()") == "Salt water,"
    growing.write("and a great deal of it, all around the land.")
    expect(replies(page).last).to_contain_text("all around the land.")
    lengths = page.evaluate("window.texts.map(text => text.length)")
    assert lengths == sorted(lengths)
    assert len(set(lengths)) >= 4


def test_each_state_of_a_reply_is_told(ann: Someone) -> None:
    growing = ann.hand().ask("What is the sea?")
    page = ann.open()
    status = page.locator(".progress")
    expect(status).to_contain_text("Thinking…")
    growing.write(phase="reading", prompt_tokens=200, prompt_tokens_read=50)
    expect(status).to_contain_text("Reading, 25 %…")
    growing.write("Salt ", prompt_tokens_read=200)
    expect(status).to_contain_text("Writing…")
    growing.write(phase="waiting")
    expect(status).to_contain_text("Waiting for the language model")
    growing.finish("water.", state="failed", error="model-broke-off")
    expect(replies(page).last.locator(".failure")).to_contain_text("What it wrote is kept.")
    expect(replies(page).last.locator(".body")).to_have_text("Salt water.")
    expect(page.get_by_role("button", name="Continue")).to_be_visible()


def test_a_message_sent_while_a_reply_runs_waits_in_line_and_is_answered(ann: Someone) -> None:
    growing = ann.hand().ask("What is the sea?")
    growing.write("It is ")
    page = ann.open()
    send(page, "Say hello.")
    expect(questions(page)).to_have_count(2)
    expect(replies(page).last).to_contain_text("Waiting in line")
    growing.finish("salt water.")
    wait_until_final(page)
    expect(replies(page).nth(1).locator(".body")).to_have_text("It is salt water.")
    expect(replies(page).last.locator(".body")).not_to_be_empty()


def test_stop_is_answered_at_once_even_if_the_runner_is_slow_to_hear_it(ann: Someone) -> None:
    growing = ann.hand().ask("What is the sea?")
    growing.write("Salt ")
    page = ann.open()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopping…")).to_be_visible(timeout=5_000)
    expect(page.get_by_role("button", name="Stop")).to_be_disabled()


def test_a_message_in_line_can_be_stopped(ann: Someone) -> None:
    hand = ann.hand()
    growing = hand.ask("What is the sea?")
    hand.ask("And the moon?", claim=False)
    page = ann.open()
    replies(page).last.get_by_role("button", name="Stop").click()
    expect(replies(page).last).to_contain_text("Stopped.")
    growing.write("Still here.")
    expect(replies(page).nth(1)).to_contain_text("Still here.")


def test_the_page_follows_the_words_only_while_one_is_at_their_end(ann: Someone) -> None:
    hand = ann.talk("First", LONG)
    growing = hand.ask("Second")
    growing.write(LONG)
    page = ann.open()
    below = page.get_by_role("button", name="New words below")
    expect(replies(page).last).to_contain_text("A line of words.")
    wait_until(page, AT_END)
    height = page.evaluate("document.body.scrollHeight")
    growing.write(LONG)
    wait_until(page, f"document.body.scrollHeight > {height} + 300")
    wait_until(page, AT_END)
    expect(below).to_be_hidden()

    page.mouse.move(600, 300)
    page.mouse.wheel(0, -700)
    page.wait_for_timeout(400)
    where = page.evaluate("scrollY")
    growing.write(LONG + "The last word.")
    expect(replies(page).last).to_contain_text("The last word.")
    expect(below).to_be_visible()
    assert page.evaluate("scrollY") == where

    below.click()
    wait_until(page, AT_END)
    expect(below).to_be_hidden()
    growing.write("\n\n" + LONG)
    page.wait_for_timeout(800)
    wait_until(page, AT_END)


def test_the_title_tells_of_a_reply_that_ended_in_the_background(ann: Someone) -> None:
    growing = ann.hand().ask("What is the sea?")
    growing.write("Salt ")
    page = ann.open()
    expect(replies(page).last).to_contain_text("Salt")
    title = page.title()
    hide(page, True)
    growing.finish("water.")
    expect(page).to_have_title("● Reply ready")
    hide(page, False)
    expect(page).to_have_title(title)


def test_a_screen_reader_hears_whole_sentences_each_once_and_the_end(ann: Someone) -> None:
    growing = ann.hand().ask("What is the sea?")
    page = ann.open()
    page.evaluate("""() => {
        window.heard = [];
        const region = document.querySelector("[data-announce]");
        new MutationObserver((changes) => {
            for (const { addedNodes } of changes)
                for (const node of addedNodes) window.heard.push(node.textContent.trim());
        }).observe(region, { childList: true });
    }""")
    growing.write(phase="reading", prompt_tokens=10, prompt_tokens_read=5)
    expect(page.locator(".progress")).to_contain_text("Reading, 50 %…")  # so the page listens
    for text in ("The sea ", "is sal", "ty. It ", "is also deep", ". Fish live ", "there"):
        growing.write(text)
        page.wait_for_timeout(350)
    expect(replies(page).last).to_contain_text("Fish live there")
    assert page.evaluate("heard") == ["The sea is salty.", "It is also deep."]
    growing.finish(".", state="stopped")
    expect(replies(page).last).to_contain_text("Stopped.")
    assert page.evaluate("heard")[2:] == ["Fish live there.", "Stopped."]
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "off")


def test_a_reload_shows_the_reply_as_far_as_it_is_and_goes_on(ann: Someone) -> None:
    growing = ann.hand().ask("What is the sea?")
    growing.write("The sea ")
    page = ann.open()
    page.reload()
    expect(replies(page).last).to_contain_text("The sea")
    growing.finish("is salty.")
    expect(replies(page).last.locator(".body")).to_have_text("The sea is salty.")
