"""Many chats: how they are listed, paged through, searched, exported, and kept from others."""

import json
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import PHONE, MakePerson
from tests.browser.support.page import replies, side, wait_until_in_view
from tests.browser.support.people import Someone, exchanges
from tests.support.sql import sql


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
    expect(side(page).locator(".chat-list a")).to_have_text(list(days))
    expect(side(page).locator("[aria-current=page]")).to_have_text("Old")


def test_a_hit_and_a_messages_link_lead_to_it_far_up_in_a_long_chat(ann: Someone) -> None:
    page = ann.open_talk("Where did the albatross nest?", "On a cliff.", *exchanges(20))
    expect(page.locator(".message", has_text="albatross")).to_have_count(0)
    page.get_by_label("Search all chats").fill("albatr")
    page.keyboard.press("Enter")
    hit = page.get_by_role("main").locator(".hits a").filter(has=page.locator(".snippet"))
    expect(hit.locator("mark")).to_have_text("albatross")
    hit.click()
    found = page.locator(".message", has_text="Where did the albatross nest?")
    expect(found).to_be_in_viewport()
    wait_until_in_view(found)
    ann.act_on(found, "Details")
    link = page.get_by_role("link", name="Show in chat").get_attribute("href")
    target = ann.open(link).locator(".message:target")
    expect(target).to_contain_text("albatross")
    expect(target).to_be_in_viewport()
    wait_until_in_view(target)


def test_what_is_found_at_the_end_of_a_long_title_is_in_view(phone: Someone) -> None:
    title = f"What is there to know of {'the sea and ' * 3}albatrosses"
    chat = phone.talk("Hm?", "Yes.").chat
    sql(phone.parley, "UPDATE chats SET title = %s WHERE id = %s", title, chat)
    page = phone.open("/search?q=albatr")
    found = page.locator(".hits mark").bounding_box()
    assert found
    assert found["x"] + found["width"] <= PHONE["viewport"]["width"]


def test_all_chats_can_be_paged_through_from_the_list(ann: Someone) -> None:
    for number in range(31):
        ann.talk(f"Chat {number}", "Yes.")
    page = ann.open()
    first = page.get_by_role("link", name="Chat 0", exact=True)
    expect(first).to_have_count(0)
    page.get_by_role("link", name="Older chats").click()
    first.click()
    expect(page.locator("h1")).to_have_text("Chat 0")


def test_a_chat_and_all_chats_can_be_exported(ann: Someone) -> None:
    page = ann.open_talk("What is the sea?", "Salt water.")
    exported = {}
    for name in ("Export as Markdown", "Export as JSON"):
        with page.expect_download() as download:
            ann.choose(page, name)
        exported[name] = Path(download.value.path()).read_text()
        expect(page.locator("details.menu[open]")).to_have_count(0)
    assert "Salt water." in exported["Export as Markdown"]
    messages = json.loads(exported["Export as JSON"])["messages"]
    assert [m["content"] for m in messages][1:] == ["What is the sea?", "Salt water."]
    side(page).get_by_role("link", name="Settings").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="JSON").click()
    assert "Salt water." in Path(download.value.path()).read_text()


def test_two_people_at_once_see_nothing_of_each_other(ann: Someone, person: MakePerson) -> None:
    bob = person("Bob")
    hers, his = ann.writer().ask("Ann's secret"), bob.writer().ask("Bob's secret")
    her_page, his_page = ann.open(), bob.open()
    hers.write("For Ann only.")
    his.write("For Bob only.")
    expect(replies(her_page).last).to_contain_text("For Ann only.")
    expect(replies(his_page).last).to_contain_text("For Bob only.")
    assert "Bob" not in her_page.content()
    assert "Ann" not in his_page.content()
    expect(side(his_page).locator(".chat-list a")).to_have_text(["Bob's secret"])
    his.finish()
    his_page.goto("/search?q=Ann")
    expect(his_page.get_by_role("status")).to_contain_text("No results for")
    bob.expect_error("404")
    for path in ("", "/settings", "/prompt", "/export.md"):
        answer = his_page.goto(f"{ann.chat}{path}")
        assert answer
        assert answer.status == 404
        expect(his_page.get_by_role("alert")).to_contain_text(" not found.")


IS_UNCOVERED = """box => {
    const { left, top } = box.getBoundingClientRect();
    return document.elementFromPoint(left + 2, top + 2) === box;
}"""


def test_renaming_begins_in_the_title_s_field_below_its_label_and_heading(ann: Someone) -> None:
    page = ann.open()
    page.set_viewport_size({"width": 1280, "height": 500})
    ann.choose(page, "Rename")
    expect(page.get_by_label("Title")).to_be_focused()
    for words in ("Chat settings", "Title"):
        assert page.locator("main").get_by_text(words, exact=True).evaluate(IS_UNCOVERED)
