"""Every flow, in three ways: by mouse, by keyboard alone, and without scripts."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.support.keys import tab_to
from tests.browser.support.page import (
    FITS,
    body,
    prompt,
    questions,
    replies,
    side,
    wait_until_final,
)
from tests.browser.support.people import REPLY_MS, Someone

EMOJI = "👩‍👩‍👧‍👦🏳️‍🌈🫠"  # a name and a title like any other


def test_whoever_gives_a_name_can_ask_and_is_answered(visitor: Someone) -> None:
    page = visitor.open("/")
    visitor.fill(page.get_by_label("Your name"), "Ann")
    visitor.press(page.get_by_role("button", name="Start chatting"))
    visitor.fill(prompt(page), "What is the capital of France?")
    visitor.press(page.get_by_role("button", name="Send"))
    expect(replies(page).last).to_contain_text("Paris", timeout=REPLY_MS)
    wait_until_final(page)
    expect(page).to_have_title("What is the capital of France? · Parley")
    expect(page.locator("h1")).to_have_text("What is the capital of France?")
    answer = body(replies(page).last).inner_text()
    page.reload()
    expect(body(replies(page).last)).to_have_text(answer)


def test_a_chat_is_renamed_pinned_deleted_and_restored(visitor: Someone) -> None:
    visitor.talk("What is the sea?", "Salt water.")
    sea = visitor.chat
    visitor.talk("What is the moon?", "A rock.")
    page = visitor.open(sea)
    listed = side(page).locator(".chat-list a")
    visitor.choose(page, "Chat settings")
    visitor.fill(page.get_by_label("Title"), EMOJI)
    visitor.press(page.get_by_role("button", name="Save"))
    expect(page).to_have_title(f"{EMOJI} · Parley")
    expect(page.locator("h1")).to_have_text(EMOJI)
    visitor.choose(page, "Pin")
    expect(side(page).get_by_role("heading").first).to_have_text("Pinned")
    expect(listed).to_have_text([EMOJI, "What is the moon?"])
    visitor.choose(page, "Unpin")
    expect(side(page).get_by_role("heading").first).to_have_text("Today")
    expect(listed).to_have_text(["What is the moon?", EMOJI])
    visitor.choose(page, "Delete chat")
    expect(page.get_by_role("status")).to_contain_text("was deleted.")
    expect(page.get_by_role("link", name=EMOJI)).to_have_count(0)
    expect(page.get_by_role("button", name="Undo")).to_be_focused()  # nothing goes to another chat
    visitor.press(page.get_by_role("button", name="Undo"))
    expect(page.locator("h1")).to_have_text(EMOJI)
    expect(replies(page).last).to_contain_text("Salt water.")


def test_a_new_chat_is_begun_and_another_opened_from_the_list_or_from_a_phones_drawer(
    visitor: Someone,
) -> None:
    page = visitor.open_talk("What is the sea?", "Salt water.")
    visitor.press(side(page).get_by_role("link", name="New chat"))
    expect(page.get_by_role("heading", name="Good to see you, Ann")).to_be_visible()
    expect(prompt(page)).to_be_focused()
    visitor.fill(prompt(page), "Say hello.")
    visitor.press(page.get_by_role("button", name="Send"))
    page.wait_for_url("**/chats/*")
    expect(body(questions(page))).to_have_text("Say hello.")
    expect(side(page).locator(".chat-list a")).to_have_text(["Say hello.", "What is the sea?"])
    visitor.press(side(page).get_by_role("link", name="What is the sea?"))
    expect(page.locator("h1")).to_have_text("What is the sea?")
    page.set_viewport_size({"width": 360, "height": 740})
    expect(side(page)).to_be_hidden()
    visitor.press(page.get_by_role("button", name="Chats"))
    visitor.press(page.get_by_role("button", name="Close the list"))
    expect(side(page)).to_be_hidden()
    visitor.press(page.get_by_role("button", name="Chats"))
    visitor.press(side(page).get_by_role("link", name="Say hello."))
    expect(page.locator("h1")).to_have_text("Say hello.")
    expect(body(questions(page))).to_have_text("Say hello.")


def test_a_search_leads_to_the_message_found(visitor: Someone) -> None:
    page = visitor.open_talk("Where did the albatross nest?", "On a cliff.")
    visitor.fill(page.get_by_label("Search all chats"), "CLIFF")
    page.keyboard.press("Enter")
    visitor.press(page.get_by_role("main").locator(".hits a", has_text="On a cliff."))
    page.wait_for_url("**#m-*")
    expect(page.locator(".message:target")).to_contain_text("On a cliff.")


def test_an_edited_message_is_answered_and_both_versions_stay(visitor: Someone) -> None:
    page = visitor.open_talk("What is a dog?", "Dogs are animals.")
    visitor.act_on(questions(page).last, "Edit")
    field = page.locator("#edited")
    expect(field).to_have_value("What is a dog?")
    visitor.fill(field, "What is a cat?")
    visitor.press(page.locator("form.edit").get_by_role("button", name="Send"))
    expect(body(questions(page).last)).to_have_text("What is a cat?")
    wait_until_final(page)
    expect(replies(page).last).not_to_contain_text("Dogs are animals.")
    visitor.act_on(questions(page).last, "Previous version")
    expect(body(questions(page).last)).to_have_text("What is a dog?")
    expect(body(replies(page).last)).to_have_text("Dogs are animals.")
    visitor.act_on(questions(page).last, "Next version")
    expect(body(questions(page).last)).to_have_text("What is a cat?")
    expect(questions(page).last).to_contain_text("2/2")


def test_a_stopped_reply_is_continued_and_regenerated(visitor: Someone) -> None:
    start = "1, 2, 3, 4, 5,"
    visitor.writer().exchange("Count to twenty.", start, state="stopped")
    page = visitor.open()
    visitor.act_on(replies(page).last, "Continue")
    expect(body(replies(page).last)).to_have_text(re.compile(rf"^\s*{start}.*\w", re.DOTALL))
    wait_until_final(page)
    expect(replies(page).last.locator(".versions")).to_have_count(0)
    visitor.act_on(replies(page).last, "Regenerate")
    expect(replies(page).last).to_contain_text("2/2", timeout=REPLY_MS)
    visitor.act_on(replies(page).last, "Previous version")
    expect(replies(page).last).to_contain_text("1/2")


def test_delete_from_here_on_leaves_what_is_above(visitor: Someone) -> None:
    page = visitor.open_talk("First", "One.", "Second", "Two.", "Third", "Three.")
    visitor.act_on(questions(page).nth(1), "Details")
    visitor.press(page.locator("summary", has_text="Delete this message and what follows…"))
    visitor.press(page.get_by_role("button", name="Delete permanently"))
    expect(questions(page)).to_have_count(1)
    expect(body(replies(page).last)).to_have_text("One.")


def test_a_chats_own_settings_count_and_its_prompt_is_shown(visitor: Someone) -> None:
    visitor.talk("What is the sea?", "Salt water.")
    page = visitor.open(f"{visitor.chat}/settings")
    for label, value in (
        ("System prompt", "Answer like a pirate."),
        ("Temperature", "1,5"),
        ("Maximum reply length", "12"),
    ):
        visitor.fill(page.get_by_label(label), value)
    visitor.press(page.get_by_role("button", name="Save"))
    visitor.choose(page, "View prompt")
    expect(page.locator(".prompt li").first).to_contain_text("Answer like a pirate.")
    expect(page.get_by_text("tokens", exact=False).first).to_be_visible()


def test_name_and_theme_are_kept_and_forget_me_forgets(visitor: Someone) -> None:
    visitor.talk("What is the sea?", "Salt water.")
    page = visitor.open("/settings")
    visitor.fill(page.get_by_label("Your name"), EMOJI)
    page.get_by_label("Dark").check()
    visitor.press(page.get_by_role("button", name="Save"))
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_label("Your name")).to_have_value(EMOJI)
    visitor.press(page.locator("summary", has_text="Delete all my data…"))
    page.get_by_label("Yes, delete everything").check()
    visitor.press(page.get_by_role("button", name="Delete all my data"))
    expect(page.get_by_role("status")).to_have_text("All your data has been deleted.")
    expect(page.get_by_role("button", name="Start chatting")).to_be_visible()
    assert visitor.http.get(visitor.chat).status_code == 401


def test_what_is_asked_before_all_data_is_deleted_comes_into_view(ann: Someone) -> None:
    ann.new_chat()
    page = ann.open("/settings")
    page.set_viewport_size({"width": 360, "height": 500})
    page.get_by_text("Delete all my data…").click()
    expect(page.get_by_role("button", name="Delete all my data")).to_be_in_viewport()


# --- by keyboard only ---


def test_the_first_tab_leads_past_the_bar_to_the_content(ann: Someone) -> None:
    ann.talk("What is the sea?", "Salt water.")
    ann.by_keyboard = True
    page = ann.open("/settings")
    ann.press(page.get_by_role("link", name="Skip to the content"))
    expect(page.locator("#main")).to_be_focused()


@pytest.mark.parametrize(
    ("width", "opener", "inside"),
    [(1280, "details.menu:not(.tools) summary", "View prompt"), (360, ".open-side", "Settings")],
    ids=["menu", "drawer"],
)
def test_escape_closes_a_menu_and_stays_at_its_button(
    ann: Someone, width: int, opener: str, inside: str
) -> None:
    ann.talk("What is the sea?", "Salt water.")
    ann.by_keyboard = True
    page = ann.open()
    page.set_viewport_size({"width": width, "height": 740})
    ann.press(page.locator(opener))
    expect(page.get_by_role("link", name=inside)).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name=inside)).to_be_hidden()
    expect(page.locator(opener)).to_be_focused()


def test_a_button_is_seen_when_the_keyboard_is_on_it(ann: Someone) -> None:
    page = ann.open_talk("First", "One.", "Second", "Two.")
    edit = questions(page).first.get_by_title("Edit")
    shown = edit.locator("xpath=ancestor-or-self::*[parent::*[contains(@class, 'actions')]]")
    expect(shown).to_have_css("opacity", "0")
    tab_to(edit)
    expect(shown).to_have_css("opacity", "1")


def test_on_a_phone_what_is_said_of_a_token_is_below_its_name(phone: Someone) -> None:
    phone.new_chat()
    for name in ("My editor", "A script that reads all of my documents at night"):
        token = {"name": name, "scopes": "read", "days": "30"}
        assert phone.http.post("/settings/tokens", data=token).status_code == 200
    page = phone.open("/settings/tokens")
    rows = page.locator(".deleted li")
    expect(rows).to_have_count(2)
    for row in rows.all():
        boxes = [span.bounding_box() for span in row.locator("form > span").all()]
        tops, heights = zip(*((box["y"], box["height"]) for box in boxes if box), strict=True)
        assert tops[0] + heights[0] <= tops[1] < tops[2]
        assert heights[2] < 30, "in one line"
    assert page.evaluate(FITS)
