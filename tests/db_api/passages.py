"""Documents of a chat for tests: read as doc-worker does, each page a passage, and searched."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import accumulate
from typing import Any

import httpx
import pytest
from app.settings import Settings

from tests.db_api.api import Api, Person, body

# (person, chat, pages): a document of these pages, each a passage, or a list of them; its id.
Read = Callable[..., str]


@contextmanager
def connect_reader(api: Api, settings: Settings) -> Iterator[httpx.Client]:
    """A client with doc-worker's token instead of the services'."""
    headers = {"Authorization": f"Bearer {settings.doc_worker_token}", "X-Worker": "w"}
    with httpx.Client(
        base_url=f"{api.http.base_url}/reading", headers=headers, timeout=60
    ) as client:
        yield client


def read_document(reader: httpx.Client, person: Person, chat: str, *texts: str | list[str]) -> str:
    """Uploads it and reads it, as doc-worker does."""
    document: str = person.upload(repr(texts).encode(), chat=chat)["id"]
    assert body(reader.post("/claim", json={"ocr": False}))["id"] == document
    pages = []
    for number, text in enumerate(texts, 1):
        parts = [text] if isinstance(text, str) else text
        starts = accumulate((len(part) + 1 for part in parts), initial=0)
        passages = [(start, start + len(part)) for start, part in zip(starts, parts, strict=False)]
        page = {"number": number, "text": "\n".join(parts), "source": "text"}
        pages.append(page | {"passages": passages})
    body(reader.put(f"/{document}/pages", json={"pages": pages}))
    ending = {"read_with": "eyes", "error": None}
    assert reader.post(f"/{document}/finish", json=ending).is_success
    return document


@pytest.fixture
def reader(api: Api, settings: Settings) -> Iterator[httpx.Client]:
    with connect_reader(api, settings) as client:
        yield client


@pytest.fixture
def read(reader: httpx.Client) -> Read:
    return partial(read_document, reader)


def find(person: Person, chat: str, q: str, **params: Any) -> list[str]:
    """The texts that are found, the best first."""
    return [passage["text"] for passage in search(person, chat, q, **params)["passages"]]


def search(person: Person, chat: str, q: str, **params: Any) -> Any:
    return body(person.get(f"/chats/{chat}/passages", q=q, **params))


def ask(person: Person, chat: str, question: str, **more: Any) -> Any:
    return body(person.post(f"/chats/{chat}/passages", {"question": question, **more}))


TEXTS = (
    "The lease ends on 31 March 2027 and may be extended once.",
    "Der Vertrag wurde von beiden Parteien in Zürich unterschrieben.",
    "El jardín está abierto todos los días, salvo los lunes.",
    "The caretaker has the keys of the cellar and of the roof.",
    "東京都の図書館は午前九時に開館します。",
)
