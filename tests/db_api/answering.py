"""Questions about documents for tests: what is found for a reply, given to the model, quoted."""

from typing import Any

import pytest

from tests.db_api.api import Api, Person, body
from tests.db_api.conftest import Sql
from tests.db_api.passages import Read

FILLER = "Nothing of interest is written on this page. " * 20
LEASE = "The tenant pays a deposit of EUR 1,500. The lease ends on 31 March 2027."
QUESTION = "When does the lease end?"


@pytest.fixture(autouse=True)
def elsewhere(ada: Person, read: Read, sql: Sql) -> None:
    """A document of another chat of hers, of which a page is still to be read: no answer is found
    in it, and none waits for it."""
    read(ada, ada.chat(), f"{QUESTION} {LEASE}", "Another page of another lease.")
    sql("UPDATE documents SET name = 'elsewhere.txt'")
    sql("UPDATE document_pages SET source = 'needs-ocr' WHERE number = 2")


@pytest.fixture
def lease(ada: Person, chat: str, read: Read) -> str:
    """A document of the chat, too long to be given whole."""
    return read(ada, chat, *[FILLER] * 3, LEASE)


def post_find(api: Api, reply: str, worker: str = "w", **more: Any) -> Any:
    return api.http.post(f"/replies/{reply}/passages", json={"worker": worker, **more})


def find(api: Api, reply: str, worker: str = "w") -> Any:
    return body(post_find(api, reply, worker))


def places(found: Any) -> list[tuple[str, int, int, int]]:
    return [(p["document_id"], p["page"], p["start"], p["end"]) for p in found["passages"]]


def given(prompt: Any) -> list[str]:
    """The passages in a prompt."""
    return [part["text"] for m in prompt for part in m["parts"] if part["type"] == "passage"]


def quote(document: str, first: int, last: int, **more: Any) -> dict[str, Any]:
    place = {"document_id": document, "page": 4, "quote_start": first, "quote_end": last}
    return {"start": 0, "end": 5, **place, **more}


def answered(api: Api, person: Person, chat: str, *quotes: Any, text: str = "March.") -> str:
    """A reply with these quotes."""
    reply = person.send(chat, QUESTION, worker="w")
    find(api, reply)
    api.finish(reply, text, quotes=quotes)
    return reply
