"""Many chats: the list, and what can be done with a chat, by mouse."""

import json
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Person
from tests.browser.support.page import choose, is_in_view, side
from tests.browser.support.people import Someone
from tests.support.sql import sql


def titles(someone: Someone) -> list[str]:
    """The list's, on the page opened last."""
    return side(someone.context.pages[-1]).locator(".chat-list a").all_inner_texts()


def test_the_list_groups_chats_by_day_newest_first_and_marks_the_open_one(ann: Someone) -> None:
    days = {"Today's": 0, "Yesterday's": 1, "Old": 40}
    for title, days_ago in days.items():
        chat = ann.talk(title, "Yes.").chat
        moved = "UPDATE chats SET updated_at = updated_at - %s * interval '1 day' WHERE id = %s"
        sql(ann.parley, moved, days_ago, chat)
    page = ann.open()
    groups = side(page).get_by_role("heading").all_inner_texts()
    assert groups[:2] == ["Today", "Yesterday"]
    assert len(groups) == 3
    assert titles(ann) == list(days)
    expect(side(page).locator("[aria-current=page]")).to_have_text("Old")


def test_a_click_in_the_list_leads_to_that_chat(ann: Someone) -> None:
    ann.talk("What is the sea?", "Salt water.")
    ann.talk("What is the moon?", "A rock.")
    page = ann.open()
    side(page).get_by_role("link", name="What is the sea?").click()
    expect(page.locator("h1")).to_have_text("What is the sea?")
    expect(page.locator(".message.assistant").last).to_contain_text("Salt water.")


def test_a_new_chat_begins_with_the_field_to_write_in(ann: Someone) -> None:
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open()
    side(page).get_by_role("button", name="New chat").click()
    expect(page.get_by_label("Your message")).to_be_focused()
    expect(page.locator(".message.user")).to_have_count(0)
    assert not page.url.endswith(ann.chat)


def test_a_renamed_chat_has_its_new_name_everywhere(ann: Someone) -> None:
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open()
    choose(page, "Rename and settings")
    page.get_by_label("Title").fill("Oceans 🌊")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_title("Oceans 🌊 · Parley")
    expect(page.locator("h1")).to_have_text("Oceans 🌊")
    assert titles(ann) == ["Oceans 🌊"]


def test_a_pinned_chat_stays_on_top_until_it_is_unpinned(ann: Someone) -> None:
    ann.talk("First", "Yes.")
    first = ann.chat
    ann.talk("Second", "Yes.")
    page = ann.open(first)
    choose(page, "Pin to the top")
    expect(side(page).get_by_role("heading").first).to_have_text("Pinned")
    assert titles(ann)[:2] == ["First", "Second"]
    choose(page, "Unpin")
    expect(side(page).get_by_role("heading").first).to_have_text("Today")
    assert titles(ann)[:2] == ["Second", "First"]


def test_a_deleted_chat_is_gone_until_that_is_undone(ann: Someone) -> None:
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open()
    choose(page, "Delete this chat")
    expect(page.get_by_role("status")).to_contain_text("was deleted.")
    expect(page.get_by_role("link", name="What is the sea?")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".message.assistant").last).to_contain_text("Salt water.")
    assert page.url.endswith(ann.chat)


def test_a_hit_leads_to_its_message_far_up_in_a_long_chat(ann: Someone) -> None:
    hand = ann.talk("Where did the albatross nest?", "On a cliff.")
    for number in range(20):
        hand.exchange(f"Question {number}", "An answer.\n\n" * 5)
    page = ann.open()
    expect(page.locator(".message", has_text="albatross")).to_have_count(0)
    page.get_by_label("Search in all chats").fill("albatr")
    page.keyboard.press("Enter")
    hit = page.locator(".hits a").filter(has=page.locator(".snippet"))
    expect(hit.locator("mark")).to_have_text("albatross")
    hit.click()
    found = page.locator(".message", has_text="Where did the albatross nest?")
    expect(found).to_be_in_viewport()
    assert is_in_view(found)


def test_all_chats_can_be_paged_through_from_the_list(ann: Someone) -> None:
    for number in range(31):
        ann.talk(f"Chat {number}", "Yes.")
    page = ann.open()
    expect(side(page).get_by_role("link", name="Chat 0", exact=True)).to_have_count(0)
    page.get_by_role("link", name="Older chats").click()
    page.get_by_role("link", name="Chat 0", exact=True).click()
    expect(page.locator("h1")).to_have_text("Chat 0")


def test_a_chat_and_all_chats_can_be_taken_home(ann: Someone, tmp_path: Path) -> None:
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open()
    with page.expect_download() as one:
        choose(page, "Save as Markdown")
    assert "Salt water." in one.value.path().read_text()
    with page.expect_download() as chat:
        choose(page, "Save as JSON")
    exported = json.loads(chat.value.path().read_text())
    assert [m["content"] for m in exported["messages"]][1:] == ["What is the sea?", "Salt water."]
    side(page).get_by_role("link", name="Settings").click()
    with page.expect_download() as everything:
        page.get_by_role("link", name="all as JSON").click()
    assert "Salt water." in everything.value.path().read_text()


def test_on_a_phone_the_list_is_a_drawer(phone: Someone) -> None:
    phone.talk("What is the sea?", "Salt water.")
    page = phone.open()
    expect(side(page)).to_be_hidden()
    page.get_by_role("button", name="Chats").tap()
    expect(side(page)).to_be_visible()
    page.get_by_role("button", name="Close the list").tap()
    expect(side(page)).to_be_hidden()
    page.get_by_role("button", name="Chats").tap()
    side(page).get_by_role("button", name="New chat").tap()
    expect(page).to_have_title("New chat · Parley")
    expect(side(page)).to_be_hidden()


def test_what_one_person_names_and_pins_another_never_sees(ann: Someone, person: Person) -> None:
    ann.talk("My secret", "Kept.")
    bob = person("Bob")
    bob.talk("Bob's own", "Kept, too.")
    page = bob.open()
    assert titles(bob) == ["Bob's own"]
    page.get_by_label("Search in all chats").fill("secret")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Nothing was found")
