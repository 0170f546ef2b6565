"""Uploads: files are passed on as they come, each for itself, and refused as early as can be."""

import socket
from collections.abc import Iterator
from typing import Any
from unittest.mock import AsyncMock, Mock
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from app.clients.documents import BLOCK_BYTES
from app.errors import FormTooLarge, InvalidInput, UploadFailed
from app.turns import Session, Turn, Turns
from app.uploads.multipart import FormFiles
from app.uploads.upload import upload_files
from starlette.requests import Request

from tests.chat_ui.documents import PDF, address_of, file, follow, listed, upload
from tests.chat_ui.support import (
    SCRIPT,
    DbApiServer,
    expect,
    open_chat,
    text_of,
    wait_until,
)

pytestmark = pytest.mark.usefixtures("no_documents")


def test_files_are_uploaded_into_a_chat_and_into_the_library(
    browser: httpx.Client, chat: str, db_api: DbApiServer
) -> None:
    answer = upload(browser, f"{chat}/documents", file("a.txt"), file("b.pdf", PDF))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{chat}#end")
    waiting = "Waiting to be read"
    assert listed(browser.get(chat).text) == [("a.txt", waiting), ("b.pdf", waiting)]
    assert browser.get(f"{chat}/documents").headers["location"] == chat
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
    elsewhere = browser.get(chat if library else "/documents").text
    assert "is not a document" not in elsewhere
    page = answer.text if script else follow(browser, answer)
    assert "b&#34;&lt;b&gt;.txt can't be read" in page
    assert "a web page" in page
    assert sorted(name for name, _ in listed(page)) == ["a.txt", "c.txt"]
    assert ("<html" in page) is not script
    if not script:
        assert "can't be read" not in follow(browser, answer), "it is told once"


@pytest.mark.parametrize("script", [False, True])
def test_the_same_file_again_is_kept_once_and_that_is_said(
    browser: httpx.Client, chat: str, script: bool
) -> None:
    upload(browser, f"{chat}/documents", file("a.txt"))
    again = file("a.txt"), file("b.txt", b"a.txt")
    answer = upload(browser, f"{chat}/documents", *again, headers=SCRIPT if script else {})
    page = answer.text if script else follow(browser, answer)
    before = "is attached. You uploaded it before"
    assert f"a.txt {before}." in page
    assert f"b.txt {before} as a.txt." in page
    assert len(listed(page)) == 1
    page = follow(browser, upload(browser, "/documents", file("a.txt")))
    assert "a.txt is in your library. You uploaded" in page


def test_of_a_file_that_can_t_be_read_it_is_not_said_that_it_is_attached(
    browser: httpx.Client, chat: str, db_api: DbApiServer
) -> None:
    upload(browser, f"{chat}/documents", file("a.txt"))
    db_api.sql("UPDATE documents SET state = 'failed', error = 'encrypted', finished_at = now()")
    page = follow(browser, upload(browser, f"{chat}/documents", file("a.txt")))
    assert "a.txt can't be read. You uploaded it before." in text_of(page)
    assert "is attached" not in page


def test_more_than_a_cookie_holds_is_told_at_once(browser: httpx.Client, chat: str) -> None:
    bad = [file(f"{'x' * 100}{number}.txt", b"<html>") for number in range(20)]
    answer = upload(browser, f"{chat}/documents", file("a.txt"), *bad)
    expect(answer, 415, *(f"{name} can't be read" for _, (name, _) in bad))
    assert [name for name, _ in listed(browser.get(chat).text)] == ["a.txt"]
    assert all(len(cookie.value or "") < 4000 for cookie in browser.cookies.jar)


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
    page = follow(browser, answer)
    assert "large.txt is too large." in text_of(page)
    assert "25 MB" in page
    assert [name for name, _ in listed(page)] == ["b.txt"]
    assert db_api.sql("SELECT count(*) FROM files") == 1
    answer = upload(browser, "/documents?size=25000001", file("c.txt"), headers=SCRIPT)
    expect(answer, 200, "c.txt is too large.")
    assert "MP3" not in answer.text
    answer = upload(browser, "/documents?size=25000001", file("Voice.WAV"), headers=SCRIPT)
    expect(answer, 200, "Voice.WAV is too large.", "as MP3, M4A or Ogg")


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


class CountedTurns(Turns):
    """How many were taken."""

    taken = 0

    async def take(self, network: str, session: Session, *, further: bool = False) -> Turn:
        self.taken += further
        return await super().take(network, session, further=further)


def make_request(chunks: Iterator[bytes], kind: str = "multipart/form-data; boundary=b") -> Request:
    async def receive() -> dict[str, Any]:
        chunk = next(chunks, None)
        return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}

    scope = {"type": "http", "path": "/api/documents", "turn": Mock(), "turns": CountedTurns()}
    return Request({**scope, "headers": [(b"content-type", kind.encode())]}, receive)


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
    request = make_request(iter(chunks))
    files = FormFiles(request)
    assert await read_all(files) == [('grün "x".txt', b"one\r\n--bx\r\n"), ("2", b"two")]
    assert files.fields == {"other": "no file"}
    assert request.scope["turns"].taken == len(chunks), "others come between the pieces"


@pytest.mark.anyio
async def test_what_is_no_form_and_what_ends_too_early_is_refused() -> None:
    form = "multipart/form-data"
    for kind in ("text/plain", "text/plain; boundary=b", form, f"{form}; boundary={'x' * 300}"):
        with pytest.raises(InvalidInput):
            FormFiles(make_request(iter([]), kind))
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


def test_no_file_has_less_than_no_bytes(browser: httpx.Client, chat: str) -> None:
    expect(upload(browser, f"{chat}/documents", file("a.txt"), params={"size": -1}), 422)
