"""Documents in a browser: attached by a button, by dropping and by pasting, with and without
scripts; what is said of them follows by itself."""

import re

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from tests.browser.conftest import PHONE, MakePerson
from tests.browser.support.documents import attach, attach_in_library, documents, text_file
from tests.browser.support.keys import tab_to
from tests.browser.support.page import FITS, problem, prompt, questions, side
from tests.browser.support.people import Someone
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
    if visitor.scripts:  # they ask for it no more, so not after it has been deleted either
        expect(documents(page)).to_contain_text("Ready")
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
    expect(page.get_by_role("status").get_by_text("“b.txt” was deleted.")).to_be_visible()
    page.reload()
    expect(page.get_by_text("was deleted")).to_have_count(0)


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


def test_what_is_said_of_files_is_gone_with_the_next_message(ann: Someone) -> None:
    page = ann.open()
    attach(ann, page, text_file("bad.txt", "<html>"))
    expect(problem(page)).to_contain_text("bad.txt can't be read")
    prompt(page).fill("Hello.")
    prompt(page).press("Enter")
    expect(questions(page)).to_have_count(1)
    expect(problem(page)).to_have_count(0)


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
    expect(documents(page).filter(has_text="Uploading")).to_have_count(1)
    for name in ("one.txt", "two.png"):
        page.get_by_role("button", name=f"Remove {name}").click()
        expect(documents(page).filter(has_text=name)).to_have_count(0)
    expect(page.locator("#mode, #offered")).to_have_count(0)
    expect(prompt(page)).to_be_focused()
    wait_until(lambda: held)
    held[0].continue_()
    expect(documents(page)).to_have_text([re.compile("three.txt")])
    expect(documents(page).filter(has_text="Uploading")).to_have_count(0)
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


def test_an_upload_that_arrived_while_its_answer_was_lost_is_listed(ann: Someone) -> None:
    page = ann.open()

    def lose_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/documents?**", lose_answer)
    ann.expect_error("Failed to load resource")
    attach(ann, page, text_file("a.txt"))
    expect(problem(page)).to_contain_text("If it isn't in the list, please upload it again.")
    expect(documents(page)).to_have_text([re.compile("a.txt")])


def test_in_a_long_library_what_is_new_stays_in_view(ann: Someone) -> None:
    ann.new_chat()
    page = ann.open("/documents")
    attach_in_library(ann, page, *(text_file(f"{n}.txt", f"Text {n}.") for n in range(20)))
    page.reload()
    files = [text_file("bad.txt", "<html>"), text_file("new.txt", "New.")]
    page.get_by_label("Upload files").set_input_files(files)
    expect(problem(page)).to_contain_text("bad.txt can't be read")
    expect(problem(page)).to_be_in_viewport()
    expect(documents(page).first).to_contain_text("new.txt")
    expect(documents(page).first).to_be_in_viewport()


@pytest.mark.parametrize("scripts", [True, False])
def test_in_a_long_library_one_that_is_renamed_is_in_view_with_the_focus(
    person: MakePerson, scripts: bool
) -> None:
    someone = person("Phil", java_script_enabled=scripts, **PHONE)
    someone.new_chat()
    for n in range(12):
        files = [("files", (f"{n}.txt", f"Text {n}.".encode()))]
        someone.http.post("/documents", files=files)
    page = someone.open("/documents")
    row = documents(page).nth(9)
    row.locator("summary").tap()
    row.get_by_label("Rename to").fill("new.txt")
    row.get_by_role("button", name="Rename").tap()
    expect(row.get_by_role("status")).to_have_text("Renamed.")
    expect(row.get_by_role("status")).to_be_in_viewport()
    expect(row.get_by_role("link", name="new.txt")).to_be_in_viewport()
    expect(row.get_by_role("link", name="new.txt")).to_be_focused()
    expect(documents(page).get_by_role("status")).to_have_count(1)


def test_a_document_that_another_tab_deleted_is_gone_once_the_page_is_looked_at(
    ann: Someone,
) -> None:
    page = ann.open()
    attach(ann, page, text_file("one.txt"), text_file("two.txt"))
    expect(documents(page).get_by_text("Ready")).to_have_count(2)  # nothing asks any more
    address = documents(page).get_by_role("link", name="one.txt").get_attribute("href")
    ann.http.post(f"{address}/delete", data={"sure": "yes"})
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(documents(page)).to_have_text([re.compile("two.txt")])


def test_a_document_that_a_tab_beside_it_deletes_is_gone_at_once(ann: Someone) -> None:
    page = ann.open()
    attach(ann, page, text_file("one.txt"), text_file("two.txt"))
    expect(documents(page).get_by_text("Ready")).to_have_count(2)  # nothing asks any more
    beside = page.context.new_page()
    beside.goto(page.url)
    documents(beside).get_by_role("link", name="one.txt").click()
    beside.get_by_text("Delete document…").click()
    beside.get_by_role("button", name="Delete permanently").click()
    expect(documents(page)).to_have_text([re.compile("two.txt")])
