"""How documents are laid out: within their boxes, whole and in view, on a phone as well."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.support.documents import (
    attach,
    attach_in_library,
    damaged_file,
    documents,
    text_file,
)
from tests.browser.support.page import FITS, problem
from tests.browser.support.people import Someone
from tests.doc_worker.files import text_pdf

# How many lines the words of each take.
LINES = """all => all.map(one => {
    const range = document.createRange();
    range.selectNodeContents(one);
    return new Set(Array.from(range.getClientRects(), line => Math.round(line.top))).size;
})"""


def test_no_word_of_the_pager_is_broken_on_a_phone(ann: Someone) -> None:
    page = ann.open()
    page.set_viewport_size({"width": 360, "height": 720})
    pages = text_pdf("one", "two", "three")
    attach(ann, page, {"name": "a.pdf", "mimeType": "application/pdf", "buffer": pages})
    expect(documents(page)).to_contain_text("Ready")
    page.goto(f"{documents(page).get_by_role('link').get_attribute('href')}?page=2")
    words = page.locator(".pager :is(a, label, button)")
    expect(words).to_have_count(4)
    assert words.evaluate_all(LINES) == [1] * 4
    assert page.evaluate(FITS)


def test_what_is_asked_before_a_damaged_document_is_deleted_is_in_view(ann: Someone) -> None:
    page = ann.open()
    page.goto("/documents")
    attach_in_library(ann, page, damaged_file("a.pdf"))
    expect(documents(page).locator("small").first).to_have_text(re.compile("Can't be read"))
    page.locator("#documents summary").click()
    documents(page).get_by_role("link", name="Delete").click()
    expect(page.get_by_role("button", name="Delete permanently")).to_be_in_viewport()
    expect(page.locator("iframe, .pager")).to_have_count(0)


# Of each row: the room between its name and what is said of it, and how far that reaches out.
ROOM = """rows => rows.map(row => {
    const parts = [row, row.querySelector("a span"), row.querySelector("small")];
    const [box, name, said] = parts.map(part => part.getBoundingClientRect());
    return [said.left - name.right, Math.max(said.right - box.right, said.bottom - box.bottom)];
})"""

# How much is seen of the second one in a list that scrolls, and whether all are in one row.
CUT = """list => {
    const [box, ...rows] = [list, ...list.children].map(one => one.getBoundingClientRect());
    return [box.right - rows[1].left, rows.every(row => row.top === rows[0].top)];
}"""
GAP = """() => {
    const [notice, list] = [".notes .problem", "#documents ul"].map(
        one => document.querySelector(one).getBoundingClientRect());
    return list.top - notice.bottom;
}"""


@pytest.mark.parametrize("width", [360, 1280])
def test_what_is_said_of_a_document_stands_by_its_name_and_within_its_box(
    ann: Someone, width: int
) -> None:
    page = ann.open()
    page.set_viewport_size({"width": width, "height": 720})
    long = "a contract that has a very long name.pdf"
    attach(ann, page, text_file("a.txt"), damaged_file("a.pdf"), damaged_file(long))
    expect(documents(page).get_by_text("Can't be read")).to_have_count(2)
    expect(documents(page).get_by_text("Ready")).to_have_count(1)
    for room, reach in documents(page).evaluate_all(ROOM):
        assert room < 12, "as wide as the gap between them"
        assert reach <= 0
    assert page.evaluate(FITS)


def test_on_a_phone_names_are_shown_whole_in_one_row_and_the_second_one_is_seen(
    phone: Someone,
) -> None:
    page = phone.open()
    names = ("museum-report.txt", "scan-minutes.txt", "lease.txt")
    attach(phone, page, *(text_file(name) for name in names))
    expect(documents(page).get_by_text("Ready")).to_have_count(3)
    names_shown = documents(page).locator("a span")
    assert names_shown.evaluate_all("all => all.every(one => one.scrollWidth <= one.clientWidth)")
    seen, in_one_row = page.locator("#documents ul").evaluate(CUT)
    assert seen > 8
    assert in_one_row
    assert page.evaluate(FITS)
    documents(page).last.get_by_role("link").focus()
    expect(documents(page).last).to_be_in_viewport()
    page.evaluate("document.querySelector('#upload').dataset.limit = 3")
    attach(phone, page, text_file("large.txt"))
    expect(problem(page)).to_contain_text("large.txt")
    assert page.evaluate(GAP) >= 8


TOPS = """[...document.querySelectorAll('#documents li')].map(
    row => row.getBoundingClientRect().top
)"""


def test_on_a_phone_on_its_side_a_chat_s_documents_take_one_line(ann: Someone) -> None:
    page = ann.open()
    attach(ann, page, *(text_file(f"document {number}.txt") for number in range(7)))
    expect(documents(page)).to_have_count(7)
    expect(page.locator("#documents .sending")).to_have_count(0)
    page.set_viewport_size({"width": 844, "height": 390})
    # The list may be replaced at any moment by a newer one.
    tops = page.evaluate(TOPS)
    assert len(tops) == 7
    assert len(set(tops)) == 1
    assert page.evaluate(FITS)
