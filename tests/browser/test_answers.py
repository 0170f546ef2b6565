"""Questions about a document in a browser, with and without scripts: the way to answer is chosen,
quotes open the page with the words marked, and what is not there is refused."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.support.documents import attach, documents, text_file
from tests.browser.support.page import (
    body,
    prompt,
    questions,
    replies,
    send,
    wait_until_final,
)
from tests.browser.support.people import Someone
from tests.browser.test_text_browser import needs_w3m, show
from tests.support.waiting import wait_until

FILLER = "The caretaker looks after the roof, the cellar and the garden paths. " * 50
TEXT = (
    f"{FILLER}\n\nThe lease ends on 31 March 2027. Keys are handed over by Ms. Keller.\n\n{FILLER}"
)
# That nothing lies on the words, as a bar would that stays on the screen.
IS_UNCOVERED = """() => {
    const mark = document.querySelector("mark");
    const { left, top } = mark.getBoundingClientRect();
    return document.elementFromPoint(left + 2, top + 2) === mark;
}"""
WORDS = "The lease ends on 31 March 2027."


def open_with_document(visitor: Someone) -> Page:
    page = visitor.open()
    expect(choice(page)).to_have_count(0)
    attach(visitor, page, text_file("lease.txt", TEXT))
    if visitor.scripts:
        expect(choice(page)).to_have_value("documents")
        expect(documents(page)).to_contain_text("Ready")
        return page

    expect(documents(page)).to_contain_text("lease.txt")

    def is_ready() -> bool:
        page.reload()
        return "Ready" in documents(page).inner_text()

    wait_until(is_ready)
    return page


def choice(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Answer")


def ask(page: Page, text: str, mode: str = "") -> Locator:
    """The reply, once it has ended."""
    if mode:
        choice(page).select_option(mode)
    send(page, text)
    expect(questions(page).last).to_contain_text(text)
    wait_until_final(page)
    return replies(page).last


def test_exact_words_lead_to_their_page(visitor: Someone) -> None:
    page = open_with_document(visitor)
    reply = ask(page, "When does the lease end?", "Exact words")
    expect(body(reply)).to_have_text(re.compile(rf"^\s*{re.escape(WORDS)} \[1\]\s*$"))
    expect(reply.locator(".quotes li")).to_have_text(re.compile(rf"lease.txt, page \d.*{WORDS}"))
    expect(choice(page)).to_have_value("exact")
    page.set_viewport_size({"width": 360, "height": 500})
    visitor.press(body(reply).get_by_role("link", name="[1]"))
    expect(page.locator("mark")).to_have_text(WORDS)
    for seen in (
        page.locator("mark"),
        page.get_by_role("heading", name="lease.txt"),
        page.get_by_role("link", name="Back to the chat"),
    ):
        expect(seen).to_be_in_viewport()
    assert page.evaluate(IS_UNCOVERED)
    page.get_by_text("Delete document…").click()
    page.get_by_role("button", name="Delete permanently").click()
    expect(page.get_by_role("heading", name="Documents")).to_be_visible()
    page.goto(visitor.chat)
    expect(body(replies(page).last)).to_contain_text(WORDS)
    expect(page.locator(".quotes")).to_have_count(0)
    expect(choice(page)).to_have_count(0)


def test_what_is_not_in_the_documents_is_refused_at_once(visitor: Someone) -> None:
    page = open_with_document(visitor)
    reply = ask(page, "Which whales did the ferry insure?")
    expect(body(reply)).to_contain_text("No sentence in your documents clearly answers this")
    expect(prompt(page)).to_have_value("")


@needs_w3m
def test_a_text_browser_shows_the_choice_and_the_quotes(ann: Someone, tmp_path: Path) -> None:
    page = open_with_document(ann)
    ask(page, "When does the lease end?", "Exact words")
    text = show(ann.http.get(ann.chat).text, tmp_path)
    places = [text.index(words) for words in (WORDS, "[1]", "Quotes", "lease.txt, page", "Answer")]
    assert places == sorted(places)
    assert "1. [1]" not in text, "it is numbered once"
    address = replies(page).last.locator(".quotes a").get_attribute("href")
    quoted = show(ann.http.get(address or "").text, tmp_path, "-halfdump")
    marked = WORDS.replace(" ", r"\s+")
    assert re.search(f'<b><_id id="quote">{marked}</b>', quoted)
