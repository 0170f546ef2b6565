"""A chat that begins at home, its draft, and the list of chats, which follows other windows."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.support.page import (
    body,
    prompt,
    questions,
    replies,
    send_past_the_counter,
    side,
)
from tests.browser.support.people import Someone
from tests.support.sql import sql


def find_row(page: Page, title: str) -> Locator:
    """A chat in the list, with its menu."""
    return side(page).get_by_role("listitem").filter(has_text=f"Options: {title}")


def open_home(someone: Someone) -> Page:
    someone.new_chat()  # nobody has written in it
    page = someone.open("/")
    expect(prompt(page)).to_be_focused()
    return page


def test_a_draft_at_home_survives_a_reload_and_is_gone_once_it_has_begun_a_chat(
    ann: Someone,
) -> None:
    page = open_home(ann)
    prompt(page).fill("Say hello.")
    page.reload()
    expect(prompt(page)).to_have_value("Say hello.")
    page.keyboard.press("Enter")
    page.wait_for_url("**/chats/*")
    expect(body(questions(page))).to_have_text("Say hello.")
    expect(prompt(page)).to_have_value("")
    page.go_back()
    expect(prompt(page)).to_have_value("")
    page.go_forward()
    expect(body(questions(page))).to_have_text("Say hello.")


def test_a_draft_in_the_empty_chat_of_a_first_visit_is_there_at_home(ann: Someone) -> None:
    page = ann.open(ann.new_chat())
    prompt(page).fill("Say hello.")
    page.goto("/settings")
    page.goto("/")
    expect(prompt(page)).to_have_value("Say hello.")
    page.goto(ann.chat)
    prompt(page).press("Enter")
    expect(body(questions(page))).to_have_text("Say hello.")
    page.goto("/")
    expect(prompt(page)).to_have_value("")


def test_a_home_page_that_is_taken_out_of_the_browser_s_memory_is_loaded_anew(ann: Someone) -> None:
    page = open_home(ann)
    key = page.locator("#client-key").input_value()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    expect(page.locator("#client-key")).not_to_have_value(key)


@pytest.mark.parametrize(
    ("where", "what"), [("/", "composer"), ("/", "example"), (None, "composer"), (None, "example")]
)
def test_a_double_click_begins_one_chat(visitor: Someone, where: str | None, what: str) -> None:
    """At home, or in the empty chat that a first visit leads to."""
    visitor.new_chat()
    page = visitor.open(where)
    if what == "composer":
        prompt(page).fill("Say hello.")
        page.get_by_role("button", name="Send").dblclick(no_wait_after=True)
    else:
        page.locator(".examples button").first.dblclick(no_wait_after=True)
    page.wait_for_url("**/chats/*")
    expect(questions(page)).to_have_count(1)
    expect(page.locator(".examples")).to_have_count(0)
    begun = "SELECT count(*) FROM chats WHERE session_id = %s AND last_seq > 1"
    assert sql(visitor.parley, begun, visitor.session) == [(1,)]


def test_in_a_second_window_the_list_follows_what_happens_in_the_first(ann: Someone) -> None:
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open()
    listed = side(page).locator(".chat-list a")
    expect(listed).to_have_text(["What is the sea?"])
    reply = ann.writer(ann.new_chat()).ask("And the moon?")
    expect(listed).to_have_text(["And the moon?", "What is the sea?"])
    moon = find_row(page, "And the moon?")
    expect(moon).to_contain_text("Writing…")
    reply.finish("A rock.")
    expect(moon).not_to_contain_text("Writing…")
    sea = page.url.removeprefix(ann.parley.url)
    ann.http.post(f"{sea}/rename", data={"title": "Oceans"})
    expect(page.locator("h1")).to_have_text("Oceans")
    expect(page).to_have_title("Oceans · Parley")
    expect(side(page).locator("[aria-current]")).to_have_text("Oceans")
    ann.http.post(f"{sea}/pin", data={"pinned": "1"})
    expect(side(page).get_by_role("heading").first).to_have_text("Pinned")
    ann.http.post(f"{ann.chat}/delete")
    expect(listed).to_have_text(["Oceans"])
    expect(replies(page).last).to_contain_text("Salt water.")


def test_a_window_that_nobody_looks_at_asks_for_nothing(ann: Someone) -> None:
    def asked() -> int:
        return sum("known=" in url for url in ann.profile.requests)

    page = ann.open_talk("What is the sea?", "Salt water.")
    look = "document.dispatchEvent(new Event('visibilitychange'))"
    with page.expect_request("**known=**"):
        pass
    page.evaluate(f"""Object.defineProperty(document, "hidden", {{ get: () => window.away }});
        window.away = true; {look}""")
    before = asked()
    page.wait_for_timeout(4000)
    assert asked() == before
    with page.expect_request("**known=**"):
        page.evaluate(f"window.away = false; {look}")


def test_a_chat_is_renamed_pinned_and_deleted_in_the_list_beside_another(visitor: Someone) -> None:
    visitor.talk("What is the moon?", "A rock.")
    page = visitor.open_talk("What is the sea?", "Salt water.")
    moon = find_row(page, "What is the moon?")
    visitor.press(moon.locator("summary"))
    visitor.fill(moon.get_by_label("Rename to"), "Stones")
    visitor.press(moon.get_by_role("button", name="Rename"))
    stones = find_row(page, "Stones")
    expect(stones.get_by_role("link")).to_have_attribute("title", "Stones")
    expect(page.locator("h1")).to_have_text("What is the sea?")
    visitor.press(stones.locator("summary"))
    visitor.press(stones.get_by_role("button", name="Pin"))
    expect(side(page).get_by_role("heading").first).to_have_text("Pinned")
    visitor.press(stones.locator("summary"))
    visitor.press(stones.get_by_role("button", name="Delete"))
    expect(stones).to_have_count(0)
    expect(page.locator("h1")).to_have_text("What is the sea?")
    visitor.press(page.get_by_role("button", name="Undo"))
    expect(stones).to_have_count(1)
    expect(page.locator("h1")).to_have_text("What is the sea?")


def test_with_scripts_a_chat_is_renamed_and_pinned_without_loading_a_page(ann: Someone) -> None:
    ann.talk("What is the moon?", "A rock.")
    page = ann.open_talk("What is the sea?", "Salt water.")
    ann.by_keyboard = True
    loads: list[str] = []
    page.on("load", lambda page: loads.append(page.url))
    row = find_row(page, "What is the sea?")
    ann.press(row.locator("summary"))
    ann.fill(row.get_by_label("Rename to"), "Oceans")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Oceans")
    oceans = find_row(page, "Oceans")
    expect(oceans.locator("summary")).to_be_focused()
    page.keyboard.press("Enter")
    ann.press(oceans.get_by_role("button", name="Pin"))
    expect(side(page).get_by_role("heading").first).to_have_text("Pinned")
    assert loads == []
    ann.expect_error("422")
    ann.press(oceans.locator("summary"))
    ann.fill(oceans.get_by_label("Rename to"), "x" * 100)
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("at most 80 characters")


def test_what_is_found_is_listed_as_one_types_and_an_open_menu_is_left_alone(ann: Someone) -> None:
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open_talk("What is the moon?", "A rock.")
    field = page.get_by_label("Search all chats")
    field.press_sequentially("sal")
    expect(side(page).locator(".hits mark")).to_have_text("Salt")
    field.fill("")
    moon = find_row(page, "What is the moon?")
    moon.hover()
    moon.locator("summary").click()
    ann.talk("Another", "Yes.")
    page.wait_for_timeout(4000)
    expect(moon.get_by_role("button", name="Delete")).to_be_visible()
    page.keyboard.press("Escape")
    expect(side(page).locator(".chat-list a").first).to_have_text("Another")
    expect(moon.locator("summary")).to_be_focused()


def test_a_hit_that_is_opened_keeps_what_was_looked_for(ann: Someone) -> None:
    ann.talk("What is the sea?", "Salt water.")
    page = ann.open_talk("What is the moon?", "A rock in salt.")
    field = page.get_by_label("Search all chats")
    field.fill("salt")
    for title in ("What is the sea?", "What is the moon?"):
        side(page).locator(".hits a").filter(has_text=title).click()
        expect(page.locator("h1")).to_have_text(title)
        expect(field).to_have_value("salt")
        expect(side(page).locator(".hits li")).to_have_count(2)
    page.reload()
    expect(field).to_have_value("")


def test_at_home_it_is_said_that_nobody_answers_and_nothing_is_lost(ann: Someone) -> None:
    page = open_home(ann)
    ann.expect_error("Failed to load resource")
    prompt(page).fill("Say hello.")
    page.route("**/*", lambda route: route.abort())
    away = page.get_by_text("Connection lost; reconnecting…")
    expect(away).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your message was not sent")).to_be_visible()
    expect(prompt(page)).to_have_value("Say hello.")
    page.unroute("**/*")
    expect(away).not_to_be_visible()
    page.keyboard.press("Enter")
    expect(body(questions(page))).to_have_text("Say hello.")


def test_back_from_a_search_shows_all_chats_and_an_empty_field(ann: Someone) -> None:
    page = ann.open_talk("What is the sea?", "Salt water.")
    field = page.get_by_label("Search all chats")
    field.fill("moon")
    field.press("Enter")
    page.wait_for_url("**/search?q=moon")
    page.go_back()
    expect(side(page).get_by_role("link", name="What is the sea?")).to_be_visible()
    expect(field).to_have_value("")


LOWEST_IN_VIEW = """list => [...list.querySelectorAll("li")].findLastIndex(
    row => row.getBoundingClientRect().bottom <= list.getBoundingClientRect().bottom)"""


def test_in_a_phones_drawer_the_menu_of_the_lowest_chat_opens_in_view(phone: Someone) -> None:
    for number in range(20):
        phone.talk(f"Chat {number}", "Yes.")
    page = phone.open()
    page.get_by_role("button", name="Chats").click()
    listed = side(page).locator("#chats")
    expect(listed).to_be_in_viewport()
    row = listed.locator("li").nth(listed.evaluate(LOWEST_IN_VIEW))
    row.locator("summary").evaluate("summary => summary.click()")  # which scrolls nothing itself
    expect(row.get_by_role("button", name="Delete")).to_be_in_viewport(ratio=1)


def test_a_missing_page_has_the_list_beside_it(visitor: Someone) -> None:
    visitor.expect_error("404")
    visitor.talk("What is the sea?", "Salt water.")
    page = visitor.open("/chats/nowhere")
    visitor.press(side(page).get_by_role("link", name="What is the sea?"))
    expect(replies(page).last).to_contain_text("Salt water.")


def test_a_message_that_is_refused_at_home_is_still_in_its_box(ann: Someone) -> None:
    ann.expect_error("413")
    page = open_home(ann)
    prompt(page).fill("é" * 16_400)
    send_past_the_counter(page)
    expect(page.get_by_role("alert")).to_contain_text(
        "Too long: shorten it by about 8,300 characters, or attach"
    )
    expect(prompt(page)).to_have_value("é" * 16_400)
    page.wait_for_load_state()
    prompt(page).fill("Say hello.")
    page.keyboard.press("Enter")
    expect(body(questions(page))).to_have_text("Say hello.")
