"""Real documents: uploaded as a browser does it, read, and shown. The compose stack has to pass
these tests as well (tests/stack/test_chat.py)."""

import os
import shutil

import httpx
import pytest

from tests.doc_worker import files
from tests.support.pages import parse
from tests.support.person import generate, open_chat, wait_until_final
from tests.support.waiting import wait_until

tesseract = pytest.mark.skipif(
    not os.environ.get("CI") and not shutil.which("tesseract"), reason="no Tesseract here"
)


def read(browser: httpx.Client, name: str, content: bytes) -> str:
    """Attaches it to a new chat; its page, once it has been read."""
    chat = open_chat(browser)
    sent = browser.post(f"{chat}/documents", files={"files": (name, content)})
    assert sent.status_code == 303, sent.text
    address = wait_until(lambda: find_ready(browser.get(chat).text), 120)
    return browser.get(address).text


def find_ready(page: str) -> str | None:
    """The address of the chat's only document, if it is ready."""
    box = parse(page).find("div", id="documents")
    assert box
    (row,) = box.find_all("li")
    (said,), (link,) = row.find_all("small"), row.find_all("a")
    return link.attributes["href"] if said.text.strip() == "Ready" else None


def test_exact_words_of_a_pdf_are_quoted_on_their_page(browser: httpx.Client) -> None:
    chat, words = open_chat(browser), "The lease ends on 31 March 2027."
    content = files.text_pdf("The caretaker has the keys of the roof.", words)
    assert browser.post(f"{chat}/documents", files={"files": ("a.pdf", content)}).is_redirect
    wait_until(lambda: find_ready(browser.get(chat).text), 120)
    form = {"prompt": "When does the lease end?", "mode": "exact", "client_key": "k"}
    assert browser.post(generate(chat), data=form).status_code == 303
    page = parse(wait_until_final(browser, chat))
    quotes = page.find(class_="quotes")
    assert quotes
    (link,), (quote,) = quotes.find_all("a"), quotes.find_all("blockquote")
    assert (link.text, quote.text) == ("[1] a.pdf, page 2", words)
    marked = parse(browser.get(link.attributes["href"]).text).find("mark")
    assert marked
    assert marked.text == words


def test_a_pdf_s_text_is_read(browser: httpx.Client) -> None:
    assert "Hello from a PDF." in read(browser, "a.pdf", files.text_pdf("Hello from a PDF."))


def test_a_file_of_unknown_size_is_kept(browser: httpx.Client) -> None:
    """It comes in chunks, as programs send what they make meanwhile."""
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
    form = head + b"word " * 500_000 + b"\r\n--b--\r\n"
    chunks = (form[start : start + 10_000] for start in range(0, len(form), 10_000))
    open_chat(browser)
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    sent = browser.post("/documents", content=chunks, headers=kind)
    assert "transfer-encoding" in sent.request.headers
    assert sent.status_code == 303
    (link,) = [a for a in parse(browser.get("/documents").text).find_all("a") if a.text == "a.txt"]
    original = browser.get(link.attributes["href"] + "/original")
    assert original.content == b"word " * 500_000


@tesseract
def test_a_scan_is_read(browser: httpx.Client) -> None:
    content = files.scanned_pdf("The invoice number is 4711.")
    assert "The invoice number is 4711." in read(browser, "scan.pdf", content)


@tesseract
def test_a_photograph_is_read_and_shown(browser: httpx.Client) -> None:
    content = files.encode(files.photograph("Please pay by Friday."), "JPEG")
    page = read(browser, "photo.jpg", content)
    assert "Please pay by Friday." in page
    (picture,) = parse(page).find_all("img", alt="The picture")
    shown = browser.get(picture.attributes["src"])
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
