"""Documents: uploaded as they come, each for itself, shown with how far they have been read, and
gone when they are deleted."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from unittest.mock import AsyncMock
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from app.clients.document_types import Document
from app.clients.documents import BLOCK_BYTES
from app.errors import FormTooLarge, InvalidInput, UploadFailed
from app.uploads.multipart import FormFiles
from app.uploads.upload import upload_files
from markupsafe import Markup
from starlette.requests import Request

from tests.chat_ui.support import (
    SCRIPT,
    DbApiServer,
    client_key,
    expect,
    form_action,
    generate,
    hidden_field,
    open_chat,
    parse,
    send,
    wait_until,
    wait_until_final,
)
from tests.chat_ui.test_conventions import TEMPLATES

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 8192 + b"the end"
File = tuple[str, tuple[str, bytes]]


def file(name: str, content: bytes = b"") -> File:
    return "files", (name, content or name.encode())


def upload(browser: httpx.Client, where: str, *files: File, **more: Any) -> httpx.Response:
    return browser.post(where, files=files, **more)


def address_of(browser: httpx.Client, name: str) -> str:
    """The document's page, as the library leads there."""
    rows = parse(browser.get("/documents").text).need("div", id="documents").find_all("li")
    links = [next(row.find_all("a")) for row in rows]
    (address,) = [link.attributes["href"] for link in links if link.text == name]
    return address


def listed(page: str) -> list[tuple[str, str]]:
    """The names of documents on a page, each with what is said of it."""
    box = parse(page).find("div", id="documents")
    rows = list(box.find_all("li")) if box else []
    return [(row.need("a").text, row.need("small").text.strip()) for row in rows]


def read_in(db_api: DbApiServer, name: str, text: str, source: str = "text") -> None:
    """As if it had been read: one page."""
    db_api.sql(
        "INSERT INTO document_pages SELECT id, session_id, 1,"
        f" '{text}', '{source}' FROM documents WHERE name = '{name}'"
    )
    db_api.sql(
        "UPDATE documents SET state = 'complete', finished_at = now(), pages = 1, progress = 1"
        f" WHERE name = '{name}'"
    )


@pytest.fixture
def person(browser: httpx.Client, chat: str) -> httpx.Client:
    """Somebody who has a session."""
    return browser


@pytest.fixture(autouse=True)
def no_documents(db_api: DbApiServer) -> Iterator[None]:
    yield
    db_api.sql("DELETE FROM files")


def test_files_are_uploaded_into_a_chat_and_into_the_library(
    browser: httpx.Client, chat: str, db_api: DbApiServer
) -> None:
    answer = upload(browser, f"{chat}/documents", file("a.txt"), file("b.pdf", PDF))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{chat}#end")
    waiting = "Waiting to be read"
    assert listed(browser.get(chat).text) == [("a.txt", waiting), ("b.pdf", waiting)]
    assert upload(browser, "/documents", file("c.md")).headers["location"] == "/documents"
    assert [name for name, _ in listed(browser.get("/documents").text)] == [
        "c.md",
        "b.pdf",
        "a.txt",
    ]
    assert len(listed(browser.get(open_chat(browser)).text)) == 0, "another chat has none"
    original = browser.get(address_of(browser, "b.pdf") + "/original")
    assert original.content == PDF
    assert db_api.sql("SELECT count(*) FROM files WHERE stored_at IS NULL") == 0


@pytest.mark.parametrize("script", [False, True])
@pytest.mark.parametrize("library", [False, True])
def test_one_bad_file_of_three_does_not_lose_the_others(
    browser: httpx.Client, chat: str, script: bool, library: bool
) -> None:
    where = "/documents" if library else f"{chat}/documents"
    files = file("a.txt"), file('b"<b>.txt', b"<!doctype html>"), file("c.txt")
    answer = upload(browser, where, *files, headers=SCRIPT if script else {})
    expect(answer, 200 if script else 415, "b&#34;&lt;b&gt;.txt is not a document", "a web page")
    assert sorted(name for name, _ in listed(answer.text)) == ["a.txt", "c.txt"]
    assert ("<html" in answer.text) is not script


@pytest.mark.parametrize("script", [False, True])
def test_the_same_file_again_is_kept_once_and_that_is_said(
    browser: httpx.Client, chat: str, script: bool
) -> None:
    upload(browser, f"{chat}/documents", file("a.txt"))
    again = file("a.txt"), file("b.txt", b"a.txt")
    answer = upload(browser, f"{chat}/documents", *again, headers=SCRIPT if script else {})
    before = "is attached. You had uploaded it before"
    expect(answer, 200, f"a.txt {before}.", f"b.txt {before} as a.txt.")
    assert len(listed(answer.text)) == 1
    expect(upload(browser, "/documents", file("a.txt")), 200, "a.txt is in your library. You had")


def test_a_form_without_a_file_says_so(browser: httpx.Client, chat: str) -> None:
    for where in ("/documents", f"{chat}/documents"):
        answer = upload(browser, where, ("files", ("", b"")))
        expect(answer, 422, "Choose a file first.")
        expect(browser.post(where, data={"files": "x"}), 422, "Invalid request")


def test_limits_are_told_for_each_file(
    browser: httpx.Client, chat: str, db_api: DbApiServer
) -> None:
    answer = upload(
        browser, f"{chat}/documents", file("large.txt", b"x" * 25_000_001), file("b.txt")
    )
    expect(answer, 413, "large.txt is too large.", "25 MB")
    assert [name for name, _ in listed(answer.text)] == ["b.txt"]
    assert db_api.sql("SELECT count(*) FROM files") == 1
    answer = upload(browser, "/documents?size=25000001", file("c.txt"), headers=SCRIPT)
    expect(answer, 200, "c.txt is too large.")


def begin_request(browser: httpx.Client, url: str, path: str, *lines: str) -> socket.socket:
    """Sends the head of an upload, and nothing of its body."""
    host = urlsplit(url).netloc
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)
    head = (
        *(f"POST {path} HTTP/1.1", f"Host: {host}", f"Cookie: {cookies}"),
        *("Content-Type: multipart/form-data; boundary=b", "Content-Length: 9000000", *lines),
    )
    address = urlsplit(url)
    connection = socket.create_connection((address.hostname, address.port), timeout=30)
    connection.sendall("\r\n".join((*head, "", "")).encode())
    return connection


def test_another_site_s_upload_and_one_into_a_chat_that_is_not_there_are_refused_unread(
    browser: httpx.Client, stranger: httpx.Client, chat: str, url: str
) -> None:
    for person, path, line, status in (
        (browser, f"{chat}/documents", "Sec-Fetch-Site: cross-site", b"403"),
        (browser, "/documents", "Origin: http://elsewhere", b"403"),
        (stranger, f"{chat}/documents", "X-A: b", b"404"),
        (httpx.Client(verify=False), "/documents", "X-A: b", b"404"),
    ):
        with begin_request(person, url, path, line) as connection:
            assert connection.recv(100).split()[1] == status, path


def test_a_file_whose_stated_size_is_too_large_is_refused_unread(
    browser: httpx.Client, chat: str, url: str
) -> None:
    path = f"{chat}/documents?size=25000001"
    with begin_request(browser, url, path, "HX-Request: true") as connection:
        connection.sendall(HEAD % b"large.pdf")
        answer = b""
        while b"too large" not in answer:
            answer += connection.recv(65_536)
    assert b"large.pdf is too large" in answer


def test_an_upload_that_is_cut_off_leaves_nothing(
    browser: httpx.Client, chat: str, url: str, db_api: DbApiServer
) -> None:
    with begin_request(browser, url, f"{chat}/documents") as connection:
        connection.sendall(HEAD % b"a.pdf" + PDF)
        wait_until(lambda: db_api.sql("SELECT count(*) FROM file_blocks") == 2)
    wait_until(lambda: db_api.sql("SELECT count(*) FROM files") == 0)
    assert listed(browser.get(chat).text) == []


def make_request(chunks: Iterator[bytes], kind: str = "multipart/form-data; boundary=b") -> Request:
    async def receive() -> dict[str, Any]:
        chunk = next(chunks, None)
        return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}

    return Request({"type": "http", "headers": [(b"content-type", kind.encode())]}, receive)


HEAD = b'--b\r\ncontent-disposition: form-data; name="files"; filename="%b"\r\n\r\n'


async def read_all(files: FormFiles) -> list[tuple[str, bytes]]:
    return [(name, b"".join([piece async for piece in pieces])) async for name, pieces in files]


@pytest.mark.anyio
@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_a_form_is_read_the_same_however_it_is_cut(size: int) -> None:
    field = b'--b\r\nContent-Disposition: form-data; name="other"\r\n\r\nno file\r\n'
    name = "grün %22x%22.txt".encode()
    form = HEAD % name + b"one\r\n--bx\r\n" + b"\r\n" + HEAD % b"" + b"\r\n" + field
    form += HEAD % b"2" + b"two\r\n--b--\r\n"
    chunks = [form[start : start + size] for start in range(0, len(form), size)]
    files = FormFiles(make_request(iter(chunks)))
    assert await read_all(files) == [('grün "x".txt', b"one\r\n--bx\r\n"), ("2", b"two")]
    assert files.fields == {"other": "no file"}


@pytest.mark.anyio
async def test_what_is_no_form_and_what_ends_too_early_is_refused() -> None:
    with pytest.raises(InvalidInput):
        FormFiles(make_request(iter([]), "text/plain"))
    with pytest.raises(InvalidInput):
        FormFiles(make_request(iter([]), f"multipart/form-data; boundary={'x' * 300}"))
    with pytest.raises(InvalidInput):
        await read_all(FormFiles(make_request(iter([b"no boundary"]))))
    with pytest.raises(UploadFailed):
        await read_all(FormFiles(make_request(iter([HEAD % b"a" + b"never end"]))))
    field = b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\n'
    with pytest.raises(FormTooLarge):
        await read_all(FormFiles(make_request(iter([field, b"x" * 600_000, b"x" * 600_000]))))


@pytest.mark.anyio
async def test_a_block_is_passed_on_before_more_is_read() -> None:
    """However large the file: at most a block and a piece of it are here."""
    read, passed, most = 0, 0, 0

    def chunks() -> Iterator[bytes]:
        nonlocal read
        yield HEAD % b"large"
        for _ in range(1000):
            read += 65_536
            yield bytes(65_536)
        yield b"\r\n--b--\r\n"

    async def put_block(_session: object, _id: object, _number: int, content: bytes) -> None:
        nonlocal passed, most
        most = max(most, read - passed)
        passed += len(content)

    documents = AsyncMock(put_block=put_block)
    documents.complete_upload.return_value.repeated = False
    report = await upload_files(make_request(chunks()), documents, uuid4(), None)
    assert (report.notes, passed) == ([], 65_536_000)
    assert most < BLOCK_BYTES + 2 * 65_536


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
        said += [note.text.split(" searched by")[0] for note in notes if "by words" in note.text]
    assert said == ["They are", "Some of them are"]


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
    ({"unreadable": [3]}, "Ready, but for page 3"),
    ({"unreadable": [3, 7]}, "Ready, but for pages 3 and 7"),
    (
        {"unreadable": [*range(1, 13)]},
        "Ready, but for pages 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more",
    ),
    ({"needs_ocr": [1, 2]}, "Text recognition missing for pages 1 and 2"),
    (
        {"unreadable": [3], "needs_ocr": [1]},
        "Ready, but for page 3; text recognition missing for page 1",
    ),
    *(
        ({"state": "failed", "error": error}, f"Can't be read: {words}")
        for error, words in {
            "encrypted": "it is protected by a password",
            "too-many-pages": "it has too many pages",
            "too-large": "it is too large when unpacked",
            "empty": "there is nothing in it",
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
    assert facts.startswith("Text · 5 Bytes · ")
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


def test_no_file_has_less_than_no_bytes(browser: httpx.Client, chat: str) -> None:
    expect(upload(browser, f"{chat}/documents", file("a.txt"), params={"size": -1}), 422)


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
    asked = "is only in one chat. It will be permanently deleted", "Replies keep their text"
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
    assert person.post(rename, data=given | {"name": "b.txt"}).headers["location"] == "/documents"
    assert [name for name, _ in listed(person.get("/documents").text)] == ["b.txt"]
    (delete,) = form.find_all("a", class_="danger")
    asked = person.get(delete.attributes["href"]).text
    assert "open" in parse(asked).need("details", id="delete").attributes
    person.post(form_action(asked, "/delete"))
    assert listed(person.get("/documents").text) == []


def remove_buttons(browser: httpx.Client, chat: str) -> dict[str, Any]:
    """What takes a document from the chat, by the document's name."""
    rows = parse(browser.get(chat).text).need("div", id="documents").find_all("li")
    return {row.need("a").text: next(row.find_all(class_="remove")) for row in rows}


def test_a_document_is_removed_from_a_chat_and_stays_elsewhere_or_in_the_library(
    browser: httpx.Client, chat: str, stranger: httpx.Client
) -> None:
    upload(browser, f"{chat}/documents", file("only.txt"), file("library.txt"), file("shared.txt"))
    upload(browser, "/documents", file("library.txt"))
    other = open_chat(browser)
    upload(browser, f"{other}/documents", file("shared.txt"))
    buttons = remove_buttons(browser, chat)
    given = {name: {"document": buttons[name].attributes["value"]} for name in buttons}
    for where, data, status in (
        (f"{open_chat(stranger)}/documents/remove", given["shared.txt"], 404),
        (f"{chat}/documents/remove", {"document": str(uuid4())}, 404),
        (f"{chat}/documents/remove", {}, 422),
    ):
        person = browser if where.startswith(chat) else stranger
        expect(person.post(where, data=data), status)
    for data in given.values():
        answer = browser.post(f"{chat}/documents/remove", data=data)
        assert answer.headers["location"] == f"{chat}#end"
    names = [sorted(name for name, _ in listed(browser.get(p).text)) for p in (chat, other)]
    assert names == [[], ["shared.txt"]]
    assert len(listed(browser.get("/documents").text)) == 3


def test_a_deleted_chat_says_how_many_documents_went_with_it(
    browser: httpx.Client, chat: str
) -> None:
    for names, said in ((["a.txt"], "with 1 document."), (["b.txt"], "with 2 documents.")):
        upload(browser, f"{chat}/documents", *(file(name) for name in names))
        gone = browser.post(f"{chat}/delete", data={"current": ""}).headers["location"]
        page = expect(browser.get(gone), 200, f"was deleted {said}")
        browser.post(form_action(page, "/restore"))


def list_titles(browser: httpx.Client) -> list[str]:
    """Those of the list of chats."""
    shown = parse(browser.get("/").text).find_all("ol", class_="chat-list")
    return [link.text for part in shown for link in part.find_all("a")]


def test_a_chat_with_files_only_is_listed_under_the_first_one_s_name(
    browser: httpx.Client, person: httpx.Client
) -> None:
    chat = upload(person, "/chats/new/documents", file("lease.txt")).headers["location"]
    upload(person, f"{chat.split('#')[0]}/documents", file("later.txt"))
    assert list_titles(person) == ["lease.txt"], "and no empty one"
    send(person, chat.split("#")[0], "What is the rent?")
    assert list_titles(person) == ["What is the rent?"]


@pytest.mark.parametrize("home", [False, True])
def test_a_message_that_was_typed_is_kept_while_files_are_attached(
    person: httpx.Client, chat: str, home: bool
) -> None:
    """In a browser without scripts."""
    page = person.get("/" if home else chat).text
    typed = "Two\nlines & <b>"
    data = {"prompt": typed, "client_key": client_key(page), "attach": "1"}
    action = "/chats" if home else generate(chat)
    form = expect(person.post(action, data=data), 200, "Your message is kept.")
    where, kept = form_action(form, "/documents"), {"prompt": hidden_field(form, "prompt")}
    again = person.post(where, files=[file("a.txt")], data=kept)
    assert [name for name, _ in listed(expect(again, 200, kept=typed))] == ["a.txt"]
    for more in ({"cancel": "1"}, {}):
        answer = person.post(where, files=[("files", ("", b""))], data=kept | more)
        expect(answer, 200 if more else 422, kept=typed)
        assert ("Choose a file first." in answer.text) is not bool(more)
    if not home:
        assert person.post(where, files=[file("b.txt")]).status_code == 303, "nothing was typed"


def test_nobody_attaches_files_to_another_s_chat(chat: str, stranger: httpx.Client) -> None:
    data = {"prompt": "Mine", "attach": "1"}
    expect(stranger.post(generate(chat), data=data), 404, kept="Mine")


def test_a_document_that_is_here_already_is_added_to_a_chat(
    browser: httpx.Client, chat: str, stranger: httpx.Client
) -> None:
    upload(browser, "/documents", file("a.txt"))
    upload(browser, f"{chat}/documents", file("b.txt"))
    choice = f"{chat}/documents/add"
    page = parse(browser.get(choice).text)
    assert [row.text for row in page.find_all("span", class_="name")] == ["a.txt"]
    (button,) = page.find_all("button", name="document")
    given = {"document": button.attributes["value"]}
    for where, data, status in (
        (f"{open_chat(stranger)}/documents/add", given, 404),
        (f"/chats/{uuid4()}/documents/add", given, 404),
        (choice, {"document": str(uuid4())}, 404),
        (choice, {}, 422),
    ):
        person = stranger if where != choice else browser
        expect(person.post(where, data=data), status)
    for _ in range(2):
        assert browser.post(choice, data=given).headers["location"] == f"{chat}#end"
        assert [name for name, _ in listed(browser.get(chat).text)] == ["a.txt", "b.txt"]
    expect(browser.get(choice), 200, "You have no other documents.")


def test_files_on_the_home_page_begin_a_chat(person: httpx.Client) -> None:
    page = parse(person.get("/").text)
    begin = page.need("span", id="upload").attributes["data-action"]
    chat = upload(person, begin, file("a.txt")).headers["location"]
    assert [name for name, _ in listed(person.get(chat).text)] == ["a.txt"]
    other = upload(person, begin, file("b.txt"), file("c.txt", b"<html>"))
    expect(other, 415, "c.txt is not a document", "Write a message")
    assert person.get(begin).headers["location"] == "/", "where its address leads, entered again"
    assert [name for name, _ in listed(other.text)] == ["b.txt"]
    refused = upload(person, begin, file("d.txt", b"<html>"))
    expect(refused, 415, "d.txt is not a document", "Good to see you")
    expect(upload(person, begin, ("files", ("", b""))), 422, "Choose a file first.")


def test_a_document_that_is_here_already_begins_a_chat(
    person: httpx.Client, stranger: httpx.Client, db_api: DbApiServer
) -> None:
    upload(person, "/documents", file("a.txt"))
    address = address_of(person, "a.txt")
    chats = "SELECT count(*) FROM chats"
    before = db_api.sql(chats)
    expect(stranger.post(f"{address}/chat"), 404)
    assert db_api.sql(chats) == before, "nor is one begun"
    (listed_button,) = parse(person.get("/documents").text).find_all("button", formnovalidate="")
    begin = form_action(person.get(address).text, "/chat")
    assert begin == listed_button.attributes["formaction"]
    chat = person.post(begin).headers["location"]
    page = expect(person.get(chat), 200, "Write a message")
    assert [name for name, _ in listed(page)] == ["a.txt"]
    db_api.sql("UPDATE documents SET state = 'failed', error = 'damaged', finished_at = now()")
    for path in (address, "/documents"):
        assert f"{address}/chat" not in person.get(path).text, "it has nothing to say"


def test_a_pdf_is_shown_beside_its_text_and_nowhere_else(person: httpx.Client) -> None:
    upload(person, "/documents", file("a.pdf", PDF), file("b.txt"))
    framed = person.get(address_of(person, "a.pdf"))
    (frame,) = parse(framed.text).find_all("iframe")
    assert frame.attributes["src"].startswith(address_of(person, "a.pdf") + "/original#page=1")
    assert "frame-src 'self'" in framed.headers["content-security-policy"]
    original = person.get(frame.attributes["src"]).headers["content-security-policy"]
    assert "frame-ancestors 'self'" in original
    text = person.get(address_of(person, "b.txt"))
    assert "frame-src" not in text.headers["content-security-policy"]
    asked = person.get(address_of(person, "a.pdf"), params={"deleting": 1})
    for page in (text, asked):
        assert not list(parse(page.text).find_all("iframe"))


def test_an_export_names_the_chat_s_documents(browser: httpx.Client, chat: str) -> None:
    send(browser, chat, "Hi")
    wait_until_final(browser, chat)
    assert "documents" not in browser.get(f"{chat}/export.json").json()
    upload(browser, f"{chat}/documents", file("a.txt"))
    upload(browser, "/documents", file("b.txt"))
    for path in (f"{chat}/export", "/export"):
        exported = browser.get(f"{path}.json").json()
        one = next(c for c in exported.get("chats", [exported]) if c["chat"]["id"] in chat)
        assert [(d["name"], d["size"], d["kind"]) for d in one["documents"]] == [
            ("a.txt", 5, "text")
        ]
        text = browser.get(f"{path}.md").text
        assert "\nDocuments:\n\n- a.txt\n" in text
        assert "b.txt" not in text
