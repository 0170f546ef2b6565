"""Documents in the library and on pages of their own, with how far they have been read, and gone
when they are deleted."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from app.clients.document_types import Document
from markupsafe import Markup

from tests.chat_ui.documents import PDF, address_of, file, follow, listed, read_in, upload
from tests.chat_ui.support import (
    SCRIPT,
    DbApiServer,
    expect,
    form_action,
    parse,
)
from tests.chat_ui.test_conventions import TEMPLATES

pytestmark = pytest.mark.usefixtures("no_documents")


def test_the_library_says_when_documents_are_found_by_their_words_only(
    person: httpx.Client, db_api: DbApiServer
) -> None:
    upload(person, "/documents", file("a.txt"), file("b.txt"))
    said = []
    for happens in (
        "state = 'queued'",
        "state = 'complete', finished_at = now()",
        "vector_model = 'm' WHERE name = 'a.txt'",
        "vector_model = 'm'",
    ):
        db_api.sql(f"UPDATE documents SET {happens}")
        notes = parse(person.get("/documents").text).find_all("p", class_="fine")
        said += [note.text.split(" searched by")[0] for note in notes if "by keywords" in note.text]
    assert said == ["Documents are", "Some documents are"]


DOCUMENT = Document(
    id=uuid4(), name="a.pdf", kind="pdf", size=9, shown_size=None, in_library=True, chats=[],
    state="complete", error=None, pages=20, pages_read=20, unreadable=[], needs_ocr=[],
    has_text=True, vector_model=None, created_at=datetime.now(UTC),
)  # fmt: skip
STATES: list[tuple[dict[str, Any], str]] = [
    ({}, "Ready"),
    ({"state": "queued", "pages": None, "pages_read": 0}, "Waiting to be read"),
    ({"state": "running", "pages": None, "pages_read": 0}, "Reading…"),
    ({"state": "queued", "pages_read": 3}, "Reading: 3 of 20 pages"),
    ({"has_text": False}, "No text found"),
    ({"has_text": False, "needs_ocr": [1]}, "Text recognition missing for page 1"),
    ({"unreadable": [3]}, "Ready, except page 3"),
    ({"unreadable": [3, 7]}, "Ready, except pages 3 and 7"),
    (
        {"unreadable": [*range(1, 13)]},
        "Ready, except pages 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more",
    ),
    ({"needs_ocr": [1, 2]}, "Text recognition missing for pages 1 and 2"),
    (
        {"unreadable": [3], "needs_ocr": [1]},
        "Ready, except page 3; text recognition missing for page 1",
    ),
    *(
        ({"state": "failed", "error": error}, f"Can't be read: {words}")
        for error, words in {
            "encrypted": "it is protected by a password",
            "too-many-pages": "it has too many pages",
            "too-large": "it is too large when unpacked",
            "empty": "it is empty",
            "crashed": "the reader failed several times",
            "damaged": "the file is damaged",
        }.items()
    ),
]


@pytest.mark.parametrize(("values", "said"), STATES)
def test_how_far_a_document_has_been_read_is_said_in_words(
    values: dict[str, Any], said: str
) -> None:
    document = DOCUMENT.model_copy(update=values)
    state = TEMPLATES.render("_document_state.html", document=document)
    assert Markup(state).striptags() == said


def test_the_list_is_asked_for_again_while_something_is_to_be_read(
    browser: httpx.Client, chat: str, db_api: DbApiServer
) -> None:
    upload(browser, f"{chat}/documents", file("a.txt"))
    for where in (f"{chat}/documents", "/documents"):
        fragment = browser.get(where, headers=SCRIPT).text
        assert ("data-pending" in fragment, "<html" in fragment) == (True, False)
    read_in(db_api, "a.txt", "a.txt")
    for where in (f"{chat}/documents", "/documents"):
        fragment = browser.get(where, headers=SCRIPT).text
        assert (listed(fragment), "data-pending" in fragment) == ([("a.txt", "Ready")], False)
    assert browser.get(f"{chat}/documents").headers["location"] == chat


def test_a_page_s_text_is_shown_as_text(person: httpx.Client, db_api: DbApiServer) -> None:
    upload(person, "/documents", file("a.txt"))
    address = address_of(person, "a.txt")
    expect(person.get(address), 200, "This page has not been read yet.")
    read_in(db_api, "a.txt", "<script>alert(1)</script>")
    expect(person.get(address), 200, "&lt;script&gt;alert(1)&lt;/script&gt;", "of 1 <button>Go")
    for number, status in ((0, 422), (2, 303), (2**31, 422)):
        expect(person.get(f"{address}?page={number}"), status)
    assert person.get(f"{address}?page=2").headers["location"] == f"{address}?page=1"
    db_api.sql("INSERT INTO document_pages SELECT id, session_id, 2, 'More', 'text' FROM documents")
    expect(person.get(f"{address}?page=2"), 200, "More")


def test_a_document_that_could_not_be_read_says_so_and_one_that_is_gone_too(
    person: httpx.Client, db_api: DbApiServer
) -> None:
    upload(person, "/documents", file("a.pdf", PDF))
    address = address_of(person, "a.pdf")
    db_api.sql("UPDATE documents SET state = 'failed', error = 'damaged', finished_at = now()")
    page = expect(person.get(address), 200, "This document could not be read.", "is damaged")
    assert [word for word in ("<iframe", "Page", "#page") if word in page] == []
    person.post(f"{address}/delete")
    for path in ("", "/original"):
        expect(person.get(address + path), 404, "<strong>Document not found.</strong>")


def test_the_library_says_what_a_document_is_and_where(browser: httpx.Client, chat: str) -> None:
    upload(browser, f"{chat}/documents", file("a.txt"))
    upload(browser, "/documents", file("a.txt"))
    (row,) = parse(browser.get("/documents").text).need("div", id="documents").find_all("li")
    facts = [small.text for small in row.find_all("small")][1]
    assert facts.startswith("Text · 5 bytes · ")
    assert " ".join(facts.split()).endswith("· in the library · in a.txt")


def test_the_original_is_never_a_page_and_a_picture_is_shown_without_its_metadata(
    person: httpx.Client, db_api: DbApiServer
) -> None:
    png = b"\x89PNG\r\n\x1a\nGPS"
    upload(person, "/documents", file("a.pdf", PDF), file("p.png", png), file("t.txt"))
    found = {name: person.get(address_of(person, name) + "/original") for name in (
        "a.pdf", "p.png", "t.txt"
    )}  # fmt: skip
    for answer in found.values():
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    shown = {
        name: answer.headers["content-disposition"].split(";")[0] for name, answer in found.items()
    }
    assert shown == {"a.pdf": "inline", "p.png": "attachment", "t.txt": "attachment"}
    assert "filename*=UTF-8''a.pdf" in found["a.pdf"].headers["content-disposition"]
    picture = address_of(person, "p.png") + "/picture"
    expect(person.get(picture), 404)
    db_api.sql(
        "WITH made AS (INSERT INTO files (session_id, size, received, stored_at)"
        " SELECT session_id, 5, 5, now() FROM documents WHERE name = 'p.png'"
        " RETURNING id, session_id), written AS (INSERT INTO file_blocks"
        " SELECT id, session_id, 0, 'clean' FROM made)"
        " UPDATE documents SET shown_file_id = made.id FROM made WHERE name = 'p.png'"
    )
    answer = person.get(picture)
    assert (answer.content, answer.headers["content-type"]) == (b"clean", "image/jpeg")
    assert "/picture" in person.get(address_of(person, "p.png")).text


def test_a_document_is_renamed_and_deleted(
    browser: httpx.Client, chat: str, stranger: httpx.Client
) -> None:
    upload(browser, f"{chat}/documents", file("a.txt"))
    address = address_of(browser, "a.txt")
    for path in ("", "/original", "/picture"):
        expect(stranger.get(address + path), 404)
    expect(stranger.post(f"{address}/rename", data={"name": "mine"}), 404)
    expect(stranger.post(f"{address}/delete"), 404)
    rename = form_action(browser.get(address).text, "/rename")
    expect(browser.post(rename, data={"name": " "}), 422, "Please enter a name")
    assert browser.post(rename, data={"name": "b.txt"}).headers["location"] == address
    assert [name for name, _ in listed(browser.get(chat).text)] == ["b.txt"]
    page = browser.get(address).text
    asked = "is in one chat. It will be permanently deleted", "Replies keep their text"
    expect(browser.get(address), 200, *asked)
    delete = form_action(page, "/delete")
    assert browser.post(delete).headers["location"] == "/documents"
    assert listed(browser.get(chat).text) == listed(browser.get("/documents").text) == []
    expect(browser.get(address), 404)


def test_a_document_is_renamed_and_deleted_in_the_list(person: httpx.Client, chat: str) -> None:
    upload(person, f"{chat}/documents", file("a.txt"))
    assert "/rename" not in parse(person.get(chat).text).need("div", id="documents").html
    form = parse(person.get("/documents").text).find("details", class_="row-menu")
    assert form
    given = {e.attributes["name"]: e.attributes["value"] for e in form.find_all("input")}
    rename = form_action(form.html, "/rename")
    renamed = follow(person, person.post(rename, data=given | {"name": "b.txt"}))
    assert listed(renamed)[0][0] == "b.txt"
    assert "Renamed." in renamed
    assert "Renamed." not in person.get("/documents").text
    (delete,) = form.find_all("a", class_="danger")
    asked = person.get(delete.attributes["href"]).text
    assert "open" in parse(asked).need("details", id="delete").attributes
    person.post(form_action(asked, "/delete"))
    assert listed(person.get("/documents").text) == []


def test_a_pdf_is_shown_beside_its_text_and_nowhere_else(person: httpx.Client) -> None:
    upload(person, "/documents", file("a.pdf", PDF), file("b.txt"))
    framed = person.get(address_of(person, "a.pdf"))
    (frame,) = parse(framed.text).find_all("iframe")
    assert frame.attributes["src"].startswith(address_of(person, "a.pdf") + "/original#page=1")
    assert "frame-src 'self'" in framed.headers["content-security-policy"]
    original = person.get(frame.attributes["src"]).headers["content-security-policy"]
    assert original.startswith("default-src 'none'; base-uri 'none'; form-action 'none'; ")
    assert "frame-ancestors 'self'" in original
    text = person.get(address_of(person, "b.txt"))
    assert "frame-src" not in text.headers["content-security-policy"]
    asked = person.get(address_of(person, "a.pdf"), params={"deleting": 1})
    for page in (text, asked):
        assert not list(parse(page.text).find_all("iframe"))
