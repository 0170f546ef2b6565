"""Documents for tests: uploaded, looked for on pages, and read without a doc-worker."""

from typing import Any

import httpx

from tests.chat_ui.support import DbApiServer, parse
from tests.support.pages import documents

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 8192 + b"the end"
File = tuple[str, tuple[str, bytes]]


def file(name: str, content: bytes = b"") -> File:
    return "files", (name, content or name.encode())


def upload(browser: httpx.Client, where: str, *files: File, **more: Any) -> httpx.Response:
    return browser.post(where, files=files, **more)


def follow(browser: httpx.Client, answer: httpx.Response) -> str:
    """The page that a form led to."""
    assert answer.status_code == 303, answer.text
    return browser.get(answer.headers["location"]).raise_for_status().text


def address_of(browser: httpx.Client, name: str) -> str:
    """The document's page, as the library leads there."""
    return documents(browser.get("/documents").text)[name]


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
