"""`/api`: documents by a program, uploaded as they come, read, given to chats."""

from typing import Any

import httpx
import pytest

from tests.chat_ui.asking import LEASE, Reader
from tests.chat_ui.documents import PDF, file, listed, upload
from tests.chat_ui.own import get, post, read, say
from tests.chat_ui.programs import refused
from tests.chat_ui.support import ScriptedModel

pytestmark = pytest.mark.usefixtures("no_documents")


def put(script: httpx.Client, *names: str, where: str = "/documents") -> Any:
    """Uploads files with these names; what became of them."""
    return read(upload(script, f"/api{where}", *(file(name) for name in names)), 201)


def test_files_are_uploaded_listed_read_renamed_and_deleted(
    browser: httpx.Client, script: httpx.Client, reader: Reader
) -> None:
    told = put(script, "a.txt", "b.md")
    assert ([each["name"] for each in told["items"]], told["refused"]) == (["a.txt", "b.md"], [])
    first = told["items"][0]
    assert (first["kind"], first["state"], first["in_library"], first["chats"]) == (
        *("text", "queued", True, []),
    )
    assert [each["name"] for each in get(script, "/documents")["items"]] == ["b.md", "a.txt"]
    assert [name for name, _ in listed(browser.get("/documents").text)] == ["b.md", "a.txt"]
    path = f"/documents/{first['id']}"
    refused(script.get(f"/api{path}/pages/1"), 404, "not_found")
    document = reader.read(LEASE)
    told = get(script, f"/documents/{document}")
    assert (told["state"], told["pages"], told["pages_read"], told["has_text"]) == (
        *("complete", 1, 1, True),
    )
    page = get(script, f"/documents/{document}/pages/1")
    assert page == {"number": 1, "text": LEASE, "source": "text"}
    assert read(script.patch(f"/api{path}", json={"name": "c.txt"}), 200)["name"] == "c.txt"
    assert refused(script.patch(f"/api{path}", json={"name": ""}), 400, "invalid_value") == "name"
    read(script.delete(f"/api{path}"), 204)
    refused(script.get(f"/api{path}"), 404, "not_found")


def test_a_file_comes_back_as_it_was(script: httpx.Client) -> None:
    (document,) = read(upload(script, "/api/documents", file("a.pdf", PDF)), 201)["items"]
    original = script.get(f"/api/documents/{document['id']}/original")
    assert original.content == PDF
    assert original.headers["content-disposition"].startswith("attachment")
    assert "default-src 'none'" in original.headers["content-security-policy"]


def test_documents_come_into_a_chat_and_answer_there(
    script: httpx.Client, model: ScriptedModel, reader: Reader
) -> None:
    chat = post(script, "/chats")["chat_id"]
    (document,) = put(script, "lease.txt", where=f"/chats/{chat}/documents")["items"]
    assert [each["id"] for each in document["chats"]] == [chat]
    assert get(script, f"/chats/{chat}/documents")["items"] == [document]
    reader.read(LEASE)
    model.text = "The lease ends on 31 March 2027 [1]."
    reply = say(script, "When does the lease end?", chat, mode="documents")["reply"]
    assert reply["reply"]["mode"] == "documents"
    assert [quote["document"] for quote in reply["reply"]["quotes"]] == ["lease.txt"]
    path = f"/api/chats/{chat}/documents/{document['id']}"
    read(script.delete(path), 204)
    assert get(script, f"/chats/{chat}/documents")["items"] == []
    for _ in range(2):
        read(script.put(path), 204)
    assert len(get(script, f"/chats/{chat}/documents")["items"]) == 1


def test_what_was_here_before_is_not_kept_twice(script: httpx.Client) -> None:
    first, second = (put(script, "a.txt")["items"][0]["id"] for _ in range(2))
    assert first == second
    assert len(get(script, "/documents")["items"]) == 1


def test_files_that_can_t_be_taken_are_said_and_the_others_are_kept(script: httpx.Client) -> None:
    html = file("page.html", b"<!doctype html><script>alert(1)</script>")
    some = read(upload(script, "/api/documents", html, file("a.txt")), 201)
    assert [each["name"] for each in some["items"]] == ["a.txt"]
    (said,) = some["refused"]
    assert (said["name"], said["code"]) == ("page.html", "unsupported_file")
    assert refused(upload(script, "/api/documents", html), 415, "unsupported_file") == "files"
    assert len(get(script, "/documents")["items"]) == 1


def test_what_is_too_large_is_refused_before_it_is_read(script: httpx.Client) -> None:
    for where in ("/documents", f"/chats/{post(script, '/chats')['chat_id']}/documents"):
        size = {"size": 10**12}
        answer = upload(script, f"/api{where}", file("a.txt"), params=size)
        refused(answer, 413, "file_too_large")


@pytest.mark.parametrize(
    "content",
    [
        {"content": b"x"},
        {"json": {"files": "x"}},
        {"data": {"files": "x"}},
        {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}},
        {"content": b"x", "headers": {"Content-Type": "multipart/form-data; boundary=y"}},
        {"files": [("other", (None, "x"))]},
    ],
    ids=str,
)
def test_what_is_no_form_with_files_is_refused(
    script: httpx.Client, content: dict[str, Any]
) -> None:
    refused(script.post("/api/documents", **content), 400, "invalid_value")
    assert get(script, "/documents")["items"] == []


@pytest.mark.parametrize("number", ["0", "-1", "x", "1e3", "%00", "9" * 30])
def test_a_page_that_can_t_be_is_not_there(script: httpx.Client, number: str) -> None:
    (document,) = put(script, "a.txt")["items"]
    refused(script.get(f"/api/documents/{document['id']}/pages/{number}"), 404, "not_found")


@pytest.mark.parametrize("size", ["-1", "x", "1.5"])
def test_a_size_that_can_t_be_is_refused(script: httpx.Client, size: str) -> None:
    answer = upload(script, f"/api/documents?size={size}", file("a.txt"))
    assert refused(answer, 400, "invalid_value") == "size"
