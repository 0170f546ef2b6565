"""Pictures for tests: uploaded, read, sent with a message, and given to its reply's model."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.db_api.api import Api, Person, body

JPEG = b"\xff\xd8\xff\xe0 a picture"
PNG = b"\x89PNG\r\n\x1a\n a picture"
SHOWN = b"what may be shown"

# (person, chat, text in it, name, content): a picture of the chat that has been read; its id.
Photograph = Callable[..., str]


@pytest.fixture
def photograph(reader: httpx.Client) -> Photograph:
    def take(
        person: Person,
        chat: str,
        text: str = "Closed on Mondays",
        name: str = "door.jpg",
        content: bytes = JPEG,
    ) -> str:
        document: str = person.upload(content + name.encode(), name, chat)["id"]
        show(reader, document)
        finish_reading(reader, document, text)
        return document

    return take


def show(reader: httpx.Client, document: str) -> None:
    """The worker has made the picture that may be shown, and still reads the text in it."""
    assert body(reader.post("/claim", json={"ocr": True}))["id"] == document
    assert reader.put(f"/{document}/picture", content=SHOWN).is_success


def finish_reading(reader: httpx.Client, document: str, text: str) -> None:
    page = {"number": 1, "text": text, "source": "ocr", "passages": []}
    assert reader.put(f"/{document}/pages", json={"pages": [page]}).is_success
    ending = {"read_with": "eyes", "error": None}
    assert reader.post(f"/{document}/finish", json=ending).is_success


def send(person: Person, chat: str, *pictures: str, content: str = "What is this?") -> Any:
    """Sends them with a message; the claim on its reply."""
    return person.sent(chat, content, pictures=pictures or None, worker="w")["claim"]


def give(api: Api, reply: str, *, vision: bool, worker: str = "w") -> httpx.Response:
    asked = {"worker": worker, "vision": vision}
    return api.http.post(f"/replies/{reply}/pictures", json=asked)


def given(api: Api, reply: str, *, vision: bool = False) -> Any:
    return body(give(api, reply, vision=vision))


def read_picture(api: Api, reply: str, document: str, worker: str = "w") -> httpx.Response:
    return api.http.get(f"/replies/{reply}/pictures/{document}", params={"worker": worker})


def parts(prompt: Any) -> list[list[str]]:
    """Of each message: the kinds of its parts."""
    return [[part["type"] for part in message["parts"]] for message in prompt]
