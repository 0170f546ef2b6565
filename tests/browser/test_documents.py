"""Documents in a browser: attached by a button, by dropping and by pasting, with and without
scripts; what is said of them follows by itself."""

import re

import pytest
from playwright.sync_api import FilePayload, Locator, Page, Route, expect

from tests.browser.support.keys import tab_to
from tests.browser.support.page import FITS, problem, prompt, side
from tests.browser.support.people import Someone
from tests.doc_worker.files import text_pdf
from tests.support.waiting import wait_until

# In a page: some text as if it came from outside, by that event.
TRANSFER = """([kind, names]) => {
    const data = new DataTransfer();
    for (const name of names) data.items.add(new File([name], name, { type: "text/plain" }));
    const options = { bubbles: true, cancelable: true };
    const event = kind === "paste"
        ? new ClipboardEvent(kind, { ...options, clipboardData: data })
        : new DragEvent(kind, { ...options, dataTransfer: data });
    return document.querySelector("#prompt").dispatchEvent(event);
}"""


PICTURE: FilePayload = {"name": "a.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n"}


def text_file(name: str, content: str = "") -> FilePayload:
    return {"name": name, "mimeType": "text/plain", "buffer": (content or name).encode()}


def documents(page: Page) -> Locator:
    return page.locator("#documents li")


def attach(someone: Someone, page: Page, *files: FilePayload) -> None:
    """By the button in the composer. Without scripts that leads to a form."""
    button = page.get_by_role("button", name="Attach files")
    if someone.scripts:
        with page.expect_file_chooser() as chosen:
            someone.press(button)
        chosen.value.set_files(list(files))
    else:
        someone.press(button)
        page.get_by_label("Attach files").set_input_files(list(files))
        someone.press(page.get_by_role("button", name="Upload"))


def attach_in_library(someone: Someone, page: Page, *files: FilePayload) -> None:
    page.get_by_label("Upload files").set_input_files(list(files))
    if not someone.scripts:
        someone.press(page.get_by_role("button", name="Upload", exact=True))
    expect(documents(page)).to_have_count(len(files))
    expect(page.locator("#documents .sending")).to_have_count(0)


def test_files_are_attached_to_a_chat(visitor: Someone) -> None:
    page = visitor.open()
    attach(visitor, page, text_file("one.txt"), text_file("two.txt"))
    expect(documents(page)).to_have_text([re.compile("one.txt"), re.compile("two.txt")])
    attach(visitor, page, text_file("bad.txt", "<html>"), text_file("three.txt"))
    expect(documents(page)).to_have_count(3)
    expect(problem(page)).to_contain_text("bad.txt can't be read")
    expect(prompt(page)).to_be_visible()
    if not visitor.scripts:
        page.reload()
        expect(problem(page)).to_have_count(0)
    visitor.press(documents(page).get_by_role("link", name="three.txt"))
    expect(page.get_by_role("heading", name="three.txt")).to_be_visible()


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_files_are_dropped_and_pasted(ann: Someone, kind: str) -> None:
    page = ann.open()
    assert page.evaluate(TRANSFER, ["dragover", ["a.txt"]]) is False
    expect(page.locator("body.dropping")).to_have_count(1)
    assert page.evaluate(TRANSFER, [kind, ["a.txt", "b.txt"]]) is False
    expect(documents(page)).to_have_count(2)
    assert page.evaluate(FITS)


def test_one_that_is_too_large_is_not_sent(ann: Someone) -> None:
    page = ann.open()
    page.evaluate("document.querySelector('#upload').dataset.limit = 3")
    ann.profile.requests.clear()
    attach(ann, page, text_file("a.txt"))
    expect(problem(page)).to_have_text(re.compile("a.txt is too large. The limit is 25 MB."))
    assert not any("documents" in request for request in ann.profile.requests)


def test_files_on_the_home_page_begin_a_chat_with_what_was_typed(visitor: Someone) -> None:
    visitor.new_chat()  # with it the session begins
    page = visitor.open("/")
    prompt(page).fill("What does it say?")
    attach(visitor, page, text_file("one.txt"), text_file("two.txt"))
    expect(documents(page)).to_have_count(2)
    expect(prompt(page)).to_have_value("What does it say?")
    assert page.evaluate(FITS)
    page.goto("/")
    expect(prompt(page)).to_have_value("")


def test_a_reload_keeps_a_chat_that_began_with_a_file_of_no_use(visitor: Someone) -> None:
    visitor.new_chat()
    page = visitor.open("/")
    attach(visitor, page, text_file("good.txt"), text_file("bad.txt", "<html>"))
    expect(problem(page)).to_contain_text("bad.txt")
    expect(page).to_have_url(re.compile(r"/chats/[0-9a-f-]{36}(#end)?$"))
    page.reload()
    expect(documents(page)).to_have_count(1)
    expect(problem(page)).to_have_count(0)


def test_a_document_is_renamed_and_deleted_in_the_list(visitor: Someone) -> None:
    page = visitor.open()
    page.goto("/documents")
    attach_in_library(visitor, page, text_file("a.txt"))
    visitor.press(page.locator("#documents summary"))
    page.get_by_label("Rename to").fill("b.txt")
    visitor.press(documents(page).get_by_role("button", name="Rename"))
    expect(documents(page).get_by_role("link", name="b.txt")).to_be_visible()
    visitor.press(page.locator("#documents summary"))
    assert page.evaluate(FITS)
    visitor.press(documents(page).get_by_role("link", name="Delete"))
    expect(page.get_by_text("“b.txt” is in your library.")).to_be_visible()
    assert page.evaluate(FITS)
    visitor.press(page.get_by_role("button", name="Delete permanently"))
    expect(documents(page)).to_have_count(0)


# How many lines the words of each take.
LINES = """all => all.map(one => {
    const range = document.createRange();
    range.selectNodeContents(one);
    return new Set(Array.from(range.getClientRects(), line => Math.round(line.top))).size;
})"""


def damaged_file(name: str) -> FilePayload:
    return {"name": name, "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n" + name.encode()}


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


# How much is seen of the last row of a list, which scrolls.
CUT = """list => {
    const [box, row] = [list, list.lastElementChild].map(one => one.getBoundingClientRect());
    return list.scrollHeight > list.clientHeight ? box.bottom - row.top : NaN;
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


def test_names_are_shown_whole_and_a_list_that_scrolls_is_cut_within_a_row(phone: Someone) -> None:
    page = phone.open()
    names = ("museum-report.txt", "scan-minutes.txt", "lease.txt")
    attach(phone, page, *(text_file(name) for name in names))
    expect(documents(page).get_by_text("Ready")).to_have_count(3)
    names_shown = documents(page).locator("a span")
    assert names_shown.evaluate_all("all => all.every(one => one.scrollWidth <= one.clientWidth)")
    assert page.locator("#documents ul").evaluate(CUT) > 8
    page.evaluate("document.querySelector('#upload').dataset.limit = 3")
    attach(phone, page, text_file("large.txt"))
    expect(problem(page)).to_contain_text("large.txt")
    assert page.evaluate(GAP) >= 8


def test_what_was_typed_stays_while_files_are_attached_and_removed(visitor: Someone) -> None:
    page = visitor.open()
    visitor.fill(prompt(page), "What do they say?")
    attach(visitor, page, text_file("one.txt"), text_file("two.txt"))
    expect(documents(page)).to_have_count(2)
    expect(prompt(page)).to_have_value("What do they say?")
    expect(page.get_by_role("button", name="Remove two.txt")).to_be_visible()
    visitor.press(page.get_by_role("button", name="Remove one.txt"))
    expect(documents(page)).to_have_text([re.compile("two.txt")])
    if visitor.scripts:
        expect(prompt(page)).to_have_value("What do they say?")


def test_what_is_said_of_files_does_not_pile_up_and_is_dismissed(ann: Someone) -> None:
    page = ann.open()
    for _ in range(3):
        attach(ann, page, text_file("bad.txt", "<html>"))
        expect(problem(page)).to_have_text(re.compile("bad.txt can't be read"))
        expect(page.locator("#documents .sending")).to_have_count(0)
    attach(ann, page, text_file("bad.txt", "<html>"), text_file("worse.txt", "{\\rtf"))
    expect(problem(page)).to_have_count(2)
    page.get_by_role("button", name="Dismiss all").click()
    expect(problem(page)).to_have_count(0)
    attach(ann, page, text_file("bad.txt", "<html>"))
    expect(problem(page)).to_have_count(1)
    tab_to(page.get_by_role("button", name="Dismiss this notice"))
    page.keyboard.press("Enter")
    expect(problem(page)).to_have_count(0)
    attach(ann, page, text_file("bad.txt", "<html>"))
    expect(problem(page)).to_have_count(1)
    attach(ann, page, text_file("good.txt"))
    expect(documents(page)).to_have_count(1)
    expect(problem(page)).to_have_count(0)


def test_a_chat_that_files_begin_is_listed_before_anything_is_sent(ann: Someone) -> None:
    page = ann.open()
    attach(ann, page, text_file("lease.txt"))
    expect(side(page).locator(".chat-list [aria-current]")).to_have_text("lease.txt")
    expect(page.get_by_role("heading", name="lease.txt")).to_be_visible()


def choose(someone: Someone, page: Page, *names: str) -> None:
    """Ticks these documents."""
    for name in names:
        box = page.get_by_role("checkbox", name=name, exact=True)
        if someone.by_keyboard:
            tab_to(box)
            page.keyboard.press("Space")
        else:
            box.check()


def test_at_home_documents_of_the_library_begin_a_chat_with_what_was_typed(
    visitor: Someone,
) -> None:
    visitor.new_chat()
    page = visitor.open("/documents")
    attach_in_library(visitor, page, text_file("a.txt"), text_file("b.txt"))
    page.goto("/")
    visitor.fill(prompt(page), "What do they say?")
    visitor.press(page.get_by_role("button", name="Add documents"))
    expect(page.get_by_role("heading", name="Add documents")).to_be_visible()
    choose(visitor, page, "a.txt", "b.txt")
    visitor.press(page.get_by_role("button", name="Add to a new chat"))
    expect(documents(page)).to_have_count(2)
    expect(prompt(page)).to_have_value("What do they say?")
    page.goto("/")
    expect(prompt(page)).to_have_value("")


def test_a_document_is_removed_while_another_one_is_uploaded(ann: Someone) -> None:
    page = ann.open()
    attach(ann, page, text_file("one.txt"), {**PICTURE, "name": "two.png"})
    expect(documents(page)).to_have_count(2)
    expect(page.locator("#mode, #offered")).to_have_count(2)
    held: list[Route] = []
    page.route("**/documents?size=*", lambda route: held.append(route))
    attach(ann, page, text_file("three.txt"))
    expect(documents(page).filter(has_text="Sending")).to_have_count(1)
    for name in ("one.txt", "two.png"):
        page.get_by_role("button", name=f"Remove {name}").click()
        expect(documents(page).filter(has_text=name)).to_have_count(0)
    expect(page.locator("#mode, #offered")).to_have_count(0)
    expect(prompt(page)).to_be_focused()
    wait_until(lambda: held)
    held[0].continue_()
    expect(documents(page)).to_have_text([re.compile("three.txt")])
    expect(documents(page).filter(has_text="Sending")).to_have_count(0)
    expect(page.locator("#mode")).to_be_visible()


def test_a_document_of_the_library_is_added_to_a_chat(visitor: Someone) -> None:
    page = visitor.open()
    chat = page.url
    page.goto("/documents")
    attach_in_library(visitor, page, text_file("a.txt"), text_file("a longer name.txt"))
    page.goto(chat)
    visitor.press(page.get_by_title("Chat options"))
    visitor.press(page.get_by_role("link", name="Add documents"))
    expect(page.get_by_role("heading", name="Add documents")).to_be_visible()
    assert page.evaluate(FITS)
    states = [state.bounding_box() for state in page.locator("li small").all()]
    assert len({round(box["x"] + box["width"]) for box in states if box}) == 1, "in a column"
    choose(visitor, page, "a.txt", "a longer name.txt")
    visitor.press(page.get_by_role("button", name="Add to the chat"))
    expect(documents(page)).to_have_count(2)
    expect(prompt(page)).to_be_visible()


def test_an_upload_that_fails_says_so(ann: Someone) -> None:
    page = ann.open()
    page.route("**/documents?**", lambda route: route.abort())
    ann.expect_error("Failed to load resource")
    attach(ann, page, text_file("a.txt"))
    expect(problem(page)).to_contain_text("The upload of a.txt was interrupted.")
    expect(documents(page)).to_have_count(0)
