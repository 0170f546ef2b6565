"""Keyboard shortcuts: each single key of the list behind `?`."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.support.page import hold_time, prompt, save, side
from tests.browser.support.people import Someone

LISTED = ["n", "/", "w", "s", "c", "j", "k", "Esc", "?", "Enter", "Shift Enter"]


def open_and_leave_field(someone: Someone) -> Page:
    page = someone.open()
    expect(prompt(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(prompt(page)).not_to_be_focused()
    return page


def the_list(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Keyboard shortcuts")


def test_a_question_mark_lists_the_keys_and_escape_closes_the_list(ann: Someone) -> None:
    page = open_and_leave_field(ann)
    # Pressed twice, while it is fetched, it is one list.
    page.evaluate("""for (const n of [1, 2])
        document.dispatchEvent(new KeyboardEvent("keydown", { key: "?", bubbles: true }))""")
    expect(the_list(page)).to_be_visible()
    expect(page.locator("#keys")).to_have_count(1)
    assert page.locator("dialog dt").all_inner_texts() == LISTED
    page.keyboard.press("n")  # none of them counts meanwhile
    expect(the_list(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(the_list(page)).to_be_hidden()
    side(page).get_by_role("button", name="Keys").click()
    expect(the_list(page)).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(the_list(page)).to_be_hidden()


def test_a_list_that_can_not_be_fetched_says_so_as_a_page(ann: Someone) -> None:
    ann.expect_error("502")
    page = open_and_leave_field(ann)
    page.route("**/keys", lambda route: route.fulfill(status=502, body="<h1>Away</h1>"))
    page.keyboard.press("?")
    expect(page).to_have_url(f"{ann.parley.url}/keys")
    expect(page.get_by_role("heading", name="Away")).to_have_count(1)


def test_c_copies_the_last_reply_w_goes_to_the_field_and_n_begins_a_new_chat(ann: Someone) -> None:
    ann.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=ann.parley.url)
    ann.talk("What is the sea?", "**Salt** water.")
    page = open_and_leave_field(ann)
    hold_time(page)  # or it is soon "Copy" again
    page.keyboard.press("c")
    expect(page.get_by_title("Copied")).to_have_count(1)
    assert page.evaluate("navigator.clipboard.readText()") == "**Salt** water."
    page.keyboard.press("w")
    expect(prompt(page)).to_be_focused()
    expect(prompt(page)).to_have_value("")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="Good to see you, Ann")).to_be_visible()
    expect(prompt(page)).to_be_focused()


def test_a_slash_goes_to_the_search_also_in_the_drawer(ann: Someone, phone: Someone) -> None:
    for someone in (ann, phone):
        page = open_and_leave_field(someone)
        page.keyboard.press("/")
        expect(page.get_by_label("Search all chats")).to_be_focused()
        expect(page.get_by_label("Search all chats")).to_have_value("")


def test_s_stops_the_reply(ann: Someone) -> None:
    reply = ann.writer().ask("What is the sea?")
    page = open_and_leave_field(ann)
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.keyboard.press("s")
    reply.wait_until_stop_is_requested()


def test_j_and_k_walk_through_the_chats(ann: Someone) -> None:
    for title in ("Third", "Second", "First"):
        ann.talk(title, "Yes.")
    page = open_and_leave_field(ann)
    for key, title in (("j", "Second"), ("j", "Third"), ("k", "Second"), ("k", "First")):
        page.keyboard.press(key)
        expect(page.locator("h1")).to_have_text(title)
        # So the same key leads on, and is no letter of a message.
        expect(side(page).locator("[aria-current=page]")).to_be_focused()
    page.reload()
    expect(prompt(page)).to_be_focused()


def test_letters_are_only_letters_while_one_writes_or_holds_control(ann: Someone) -> None:
    page = ann.open()
    address = page.url
    expect(prompt(page)).to_be_focused()
    page.keyboard.type("nsw/ckj?")
    expect(prompt(page)).to_have_value("nsw/ckj?")
    page.keyboard.press("Escape")
    for chord in ("Control+k", "Alt+n", "Control+j"):
        page.keyboard.press(chord)
    expect(the_list(page)).to_be_hidden()
    assert page.url == address


def test_switched_off_they_do_nothing(ann: Someone) -> None:
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open("/settings")
    page.get_by_label("Single-key shortcuts").uncheck()
    save(page)
    expect(page.get_by_role("status")).to_have_text("Saved.")
    page.goto(ann.chat)
    expect(prompt(page)).to_be_focused()
    for key in ("Escape", "?", "/", "n", "j"):
        page.keyboard.press(key)
    expect(page.get_by_label("Search all chats")).not_to_be_focused()
    page.reload()  # what was begun is seen now
    assert not [url for url in ann.profile.requests if url.endswith("/keys")]
    assert page.url.endswith(ann.chat)
    expect(page.locator("h1")).to_have_text("What is the sea?")


def test_escape_in_the_search_brings_the_list_back(ann: Someone) -> None:
    page = ann.open_talk("What is the sea?", "Salt water.")
    field = page.get_by_label("Search all chats")
    field.press_sequentially("zebra")
    expect(side(page)).to_contain_text("No results")
    field.press("Escape")
    expect(side(page).get_by_role("link", name="What is the sea?")).to_be_visible()
    expect(field).to_have_value("")
