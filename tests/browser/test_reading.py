"""Documents that are being read: lists and pages follow that by themselves, and take nothing away
from whoever uses them."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Route, expect

from tests.browser.support.documents import attach, attach_in_library, documents, text_file
from tests.browser.support.people import Someone
from tests.support.local_stack import LocalStack


@contextmanager
def nothing_is_read(parley: LocalStack) -> Iterator[None]:
    """Before this ends."""
    reader = parley.kill("doc-worker", signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(reader, signal.SIGCONT)


@pytest.mark.parametrize(
    ("where", "part"), [("library", "> a"), ("library", "summary"), ("chat", ".remove")]
)
def test_how_far_it_has_been_read_follows_by_itself_and_the_focus_stays(
    ann: Someone, parley: LocalStack, where: str, part: str
) -> None:
    page = ann.open()
    if where == "library":
        page.goto("/documents")
        expect(page.get_by_text("No documents yet.")).to_be_visible()
    held = documents(page).locator(part)
    with nothing_is_read(parley):
        if where == "library":
            attach_in_library(ann, page, text_file("a.txt"))
        else:
            attach(ann, page, text_file("a.txt"))
        held.focus()
        expect(documents(page)).to_contain_text("Waiting to be read")
    expect(documents(page).locator("small").first).to_have_text("Ready")
    expect(held).to_be_focused()
    expect(page.get_by_text("No documents yet.")).not_to_be_visible()
    documents(page).get_by_role("link", name="a.txt").click()
    expect(page.get_by_label("Text of page 1")).to_have_text("a.txt")


FRAMES = """() => new Promise(
    (done) => requestAnimationFrame(() => requestAnimationFrame(done)))"""


def test_a_menu_that_is_opened_while_the_list_is_asked_for_stays_open(
    ann: Someone, parley: LocalStack
) -> None:
    page = ann.open()
    page.goto("/documents")

    def open_meanwhile(route: Route) -> None:
        response = route.fetch()
        documents(page).locator("summary").click()
        route.fulfill(response=response)

    with nothing_is_read(parley):
        attach_in_library(ann, page, text_file("a.txt"))
        page.route("**/documents", open_meanwhile, times=1)
        with page.expect_event("requestfinished", lambda one: one.url.endswith("/documents")):
            pass
        page.evaluate(FRAMES)  # by now what came would be shown
        assert page.get_by_label("Rename to").is_visible()


def test_an_open_document_follows_how_far_it_has_been_read(
    ann: Someone, parley: LocalStack
) -> None:
    with nothing_is_read(parley):
        page = ann.open()
        attach(ann, page, text_file("a.txt", "These are its words."))
        documents(page).get_by_role("link", name="a.txt").click()
        expect(page.get_by_text("Waiting to be read")).to_be_visible()
    expect(page.get_by_label("Text of page 1")).to_have_text("These are its words.")
    expect(page.get_by_role("status")).to_contain_text("Ready")
