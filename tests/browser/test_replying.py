"""While a reply is being written: its words, Stop, the queue, scrolling, the title, the ear."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.support.page import (
    AT_END,
    body,
    hear_of_nothing,
    hold_time,
    prompt,
    questions,
    replies,
    send,
    side,
    wait_until_true,
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
    settings = {"system_prompt": "You tell stories.", "reply_tokens": "999"}
    ann.http.post(f"{ann.new_chat()}/settings", data=settings)
    page = ann.open()
    send(page, "Tell me a long story about the sea.")
    page.locator("[data-unfinished] .open *").first.wait_for(timeout=REPLY_MS)
    page.get_by_role("button", name="Stop").press("Enter")
    expect(replies(page).last).to_contain_text("Stopped.")
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    expect(prompt(page)).to_be_focused()


def test_the_mark_where_words_come_moves_only_when_none_come(ann: Someone) -> None:
    reply, page = ann.open_reply()
    expect(page.locator(".progress")).to_contain_text("Thinking…")
    hold_time(page)
    moving = "document.getAnimations().length"
    for words in ("Salt water, ", "and a great deal of it."):
        reply.write(words)
        expect(replies(page).last).to_contain_text(words.split()[0])
        assert page.evaluate(moving) == 0
        page.evaluate("later()")
        assert page.evaluate(moving) == 1


# Notes every text that the growing block has shown, and from now on lets time pass only by `tick`.
# The stream begins with its own version of the reply, so the block may be replaced meanwhile.
NOTE_TEXTS = """() => {
    const texts = [], timers = [];
    let now = performance.now();
    performance.now = () => now;
    window.setTimeout = (run) => timers.push(run);
    const tick = () => { now += 40; timers.splice(0).forEach((run) => run()); };
    const note = () => {
        const text = document.querySelector("[data-unfinished] .open").textContent.trim();
        if (text !== (texts.at(-1) ?? "")) texts.push(text);
    };
    new MutationObserver(note).observe(document.querySelector("#messages"),
        { childList: true, subtree: true, characterData: true });
    Object.assign(window, { texts, tick });
}"""


def test_the_first_words_appear_at_once_and_later_ones_bit_by_bit(ann: Someone) -> None:
    reply, page = ann.open_reply()
    expect(page.locator(".progress")).to_contain_text("Thinking…")
    page.evaluate(NOTE_TEXTS)
    reply.write("Salt water, ")
    expect(replies(page).last).to_contain_text("Salt water,")
    reply.write("and a great deal of it, all around the land.")
    wait_until_true(page, "texts.length > 1")
    for _ in range(7):
        page.evaluate("tick()")
    lengths = page.evaluate("texts.map(text => text.length)")
    assert lengths[0] == len("Salt water,")
    assert lengths == sorted(lengths)
    assert len(set(lengths)) >= 4
    assert lengths[-1] == len(reply.text)


def test_a_reload_halfway_loses_and_doubles_no_word(ann: Someone) -> None:
    reply, page = ann.open_reply("Salt water, ")
    expect(body(replies(page).last)).to_have_text("Salt water,")
    page.reload()
    expect(body(replies(page).last)).to_have_text("Salt water,")
    reply.write("and a great deal ")
    expect(body(replies(page).last)).to_have_text("Salt water, and a great deal")
    reply.finish("of it.")
    expect(page.locator("[data-unfinished]")).to_have_count(0)
    expect(body(replies(page).last)).to_have_text(reply.text + "of it.")


def test_each_state_of_a_reply_is_told(ann: Someone) -> None:
    reply, page = ann.open_reply()
    status = page.locator(".progress")
    expect(status).to_contain_text("Thinking…")
    reply.write(phase="reading", prompt_tokens=200, prompt_tokens_read=50)
    expect(status).to_contain_text("Reading, 25 %…")
    reply.write("Salt ", prompt_tokens_read=200)
    expect(status).to_contain_text("Writing…")
    reply.hand_back()
    expect(status).to_contain_text("Interrupted. Resuming…")
    reply.claim_again()
    reply.write(phase="waiting")
    expect(status).to_contain_text("Waiting for the model")
    reply.finish("water.", state="failed", error={"kind": "model-broke"})
    expect(replies(page).last.locator(".failure")).to_contain_text("What it wrote is kept.")
    expect(body(replies(page).last)).to_have_text("Salt water.")
    expect(page.get_by_role("button", name="Continue")).to_be_visible()


def test_stop_is_shown_before_the_runner_hears_it_and_ends_a_queued_reply(ann: Someone) -> None:
    writer = ann.writer()
    reply = writer.ask("What is the sea?")
    writer.ask("And the moon?", claim=False)
    page = ann.open()
    running, queued = replies(page).nth(1), replies(page).last
    queued.get_by_role("button", name="Stop").click()
    expect(queued).to_contain_text("Stopped.")
    stop = page.get_by_role("button", name="Stop")
    expect(stop).to_have_count(1)
    stop.click()
    expect(running).to_contain_text("Stopping…")
    expect(stop).to_be_disabled()
    expect(prompt(page)).to_be_focused()
    reply.write("Still here.")
    expect(running).to_contain_text("Still here.")


RECT = """button => ["x", "y", "width", "height"].map(
    (side) => button.getBoundingClientRect()[side])"""


@pytest.mark.parametrize("width", [360, 1280])
def test_stop_has_the_place_of_send_and_never_moves(ann: Someone, width: int) -> None:
    page = ann.open()
    page.set_viewport_size({"width": width, "height": 740})
    place = pytest.approx(page.get_by_role("button", name="Send").evaluate(RECT), abs=1)
    reply = ann.writer().ask("What is the sea?")
    stop, sending = (page.get_by_role("button", name=name) for name in ("Stop", "Send"))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(sending).to_be_hidden()
    assert stop.evaluate(RECT) == place
    for words in ("Salt ", LONG):
        reply.write(words)
        expect(replies(page).last).to_contain_text(words.strip()[-5:])
        assert stop.evaluate(RECT) == place
    expect(prompt(page)).to_be_focused()
    page.keyboard.press("Enter")
    prompt(page).fill("And the moon?")
    expect(sending).to_be_visible()
    assert stop.evaluate(RECT) == place
    (left, _, width, _), (stop_left, *_) = sending.evaluate(RECT), stop.evaluate(RECT)
    assert stop_left - (left + width) >= 8
    prompt(page).fill("")
    assert not reply.write()["stop_requested"], "by Enter, or by typing"
    stop.focus()
    reply.finish()
    expect(stop).to_be_hidden()
    expect(prompt(page)).to_be_focused()
    assert sending.evaluate(RECT) == place


def test_a_double_click_on_send_does_not_stop_what_it_asked_for(ann: Someone) -> None:
    page = ann.open()
    prompt(page).fill("Say hello.")
    page.get_by_role("button", name="Send").dblclick(delay=50, no_wait_after=True)
    expect(questions(page)).to_have_count(1)
    expect(prompt(page)).to_be_focused()
    expect(replies(page).last.locator(".actions")).to_be_attached(timeout=REPLY_MS)
    expect(replies(page).last).not_to_contain_text("Stopped.")


def test_the_page_follows_the_words_only_while_one_is_at_their_end(ann: Someone) -> None:
    reply = ann.talk("First", LONG).ask("Second")
    reply.write(LONG)
    page = ann.open()
    below = page.get_by_role("button", name="Jump to latest")
    expect(replies(page).last).to_contain_text("A line of words.")
    wait_until_true(page, AT_END)
    height = page.evaluate("document.body.scrollHeight")
    reply.write(LONG)
    wait_until_true(page, f"document.body.scrollHeight > {height} + 300")
    wait_until_true(page, AT_END)
    expect(below).to_be_hidden()

    before = page.evaluate("scrollY")
    page.mouse.move(600, 300)
    page.mouse.wheel(0, -700)
    wait_until_true(page, f"scrollY === {before} - 700")
    reply.write(LONG + "The last word.")
    expect(replies(page).last).to_contain_text("The last word.")
    expect(below).to_be_visible()
    assert page.evaluate("scrollY") == before - 700

    below.click()
    wait_until_true(page, AT_END)
    expect(below).to_be_hidden()
    reply.write(f"\n\n{LONG} The very last word.")
    expect(replies(page).last).to_contain_text("The very last word.")
    wait_until_true(page, AT_END)


def test_the_title_tells_of_a_reply_that_ended_in_the_background(ann: Someone) -> None:
    reply, page = ann.open_reply("Salt ")
    expect(replies(page).last).to_contain_text("Salt")
    title = page.title()
    hide(page, True)
    reply.finish("water.")
    expect(page).to_have_title("● Reply ready")
    hide(page, False)
    expect(page).to_have_title(title)


LISTEN = """() => {
    window.heard = [];
    new MutationObserver((changes) => {
        for (const { addedNodes } of changes)
            for (const node of addedNodes) window.heard.push(node.textContent.trim());
    }).observe(document.querySelector("[data-announce]"), { childList: true });
}"""


def test_the_dot_in_the_list_goes_with_the_replys_end(ann: Someone) -> None:
    reply, page = ann.open_reply("Salt ")
    dot = side(page).get_by_text("Writing…")
    expect(dot).to_have_count(1)
    hear_of_nothing(page)
    reply.finish("water.")
    expect(dot).to_have_count(0)


@pytest.mark.parametrize("late", [False, True], ids=["after it", "before its stream"])
def test_a_screen_reader_hears_what_is_written_once_the_page_is_there(
    ann: Someone, late: bool
) -> None:
    reply = ann.writer().ask("What is the sea?")
    reply.write("The sea is salty. It is al")
    page = ann.open("/settings")

    def write_on(route: Route) -> None:
        page.evaluate(LISTEN)
        if late:
            reply.write("so deep. Fish ")
        route.continue_()

    page.route("**/events?*", write_on, times=1)  # the page may ask once more
    page.goto(ann.chat)
    if not late:
        reply.write("so deep. Fish ")
    expect(body(replies(page).last)).to_have_text("The sea is salty. It is also deep. Fish")
    reply.finish("live there.")
    expect(page.locator("[data-unfinished]")).to_have_count(0)
    assert " ".join(page.evaluate("heard")) == "It is also deep. Fish live there."


def test_a_screen_reader_hears_whole_sentences_each_once_and_the_end(ann: Someone) -> None:
    reply, page = ann.open_reply()
    page.evaluate(LISTEN)
    reply.write(phase="reading", prompt_tokens=10, prompt_tokens_read=5)
    expect(page.locator(".progress")).to_contain_text("Reading, 50 %…")  # so the page listens
    for text in ("The sea ", "is sal", "ty. It ", "is also deep", ". Fish live ", "there"):
        reply.write(text)
        expect(body(replies(page).last)).to_have_text(reply.text.strip())
    assert page.evaluate("heard") == ["The sea is salty.", "It is also deep."]
    reply.finish(".", state="stopped")
    expect(replies(page).last).to_contain_text("Stopped.")
    assert page.evaluate("heard")[2:] == ["Fish live there.", "Stopped."]
    expect(page.get_by_role("log")).to_have_attribute("aria-live", "off")
