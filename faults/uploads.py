"""A person who uploads documents: slowly, again after every error, sometimes only half of one."""

import asyncio
import contextlib
import hashlib
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum

import httpx
from tests.doc_worker.files import text_pdf
from tests.support.pages import documents

from faults.browser import AGAIN, LATER, PATIENCE, Browser, UnexpectedAnswer

PIECE = 65_536  # bytes that are sent at once
PAUSE = 0.02  # seconds after each
FORM = '--{0}\r\nContent-Disposition: form-data; name="files"; filename="{1}"\r\n\r\n'
CUT_OFF = 409  # the upload was interrupted inside, and nothing of it was kept
LINES = 40


class Phase(Enum):
    """What a document is at."""

    SENDING = "sent"
    READING = "read"
    EMBEDDING = "given vectors"
    OVER = "over"


@dataclass
class Sent:
    """A document, and what its pages say."""

    name: str
    pages: Sequence[str]
    content: bytes = field(repr=False)
    phase: Phase = Phase.SENDING
    id: str = ""
    confirmed: float = 0.0  # when Parley said: it is kept

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def make_document(number: str, count: int) -> Sent:
    """A PDF of so many pages, no two alike."""
    line = "This line is about as long as one on a printed page, and says no more than that."
    rest = "\n".join([line] * LINES)
    pages = [f"Page {page} of document {number}.\n{rest}" for page in range(1, count + 1)]
    return Sent(f"{number}.pdf", pages, text_pdf(*pages))


async def upload(person: Browser, sent: Sent) -> None:
    """Sends it until Parley says that it is kept: then it has an id."""

    def is_kept(answer: httpx.Response) -> bool:
        return answer.status_code == 303 or 'data-problem="file-repeated"' in answer.text

    await _insist(person, f"uploading {sent.name}", lambda: send(person, sent), is_kept)
    sent.confirmed = time.monotonic()
    sent.id = await _find_id(person, sent.name)


async def delete(person: Browser, sent: Sent) -> None:
    """For good; it may be gone already, if the answer to that was lost."""
    await _insist(
        person,
        f"deleting {sent.name}",
        lambda: person.client.post(f"/documents/{sent.id}/delete"),
        lambda answer: answer.status_code in (303, 404),
    )


async def _insist(
    person: Browser,
    what: str,
    ask: Callable[[], Awaitable[httpx.Response]],
    is_good: Callable[[httpx.Response], bool],
) -> None:
    """Asks again and again. UnexpectedAnswer if that leads nowhere in a minute after the last
    fault, or if the answer is not one to be asked again."""
    began = time.monotonic()
    while True:
        with contextlib.suppress(httpx.HTTPError):
            answer = await ask()
            if is_good(answer):
                return
            if answer.status_code not in {*LATER, CUT_OFF}:
                raise UnexpectedAnswer(f"{what} was answered by {answer.status_code}")
        if time.monotonic() - max(began, person.last_fault()) > PATIENCE:
            raise UnexpectedAnswer(f"{what} still failed after {PATIENCE:.0f} s")
        await asyncio.sleep(AGAIN)


async def send(person: Browser, sent: Sent, share: float = 1.0) -> httpx.Response:
    """One try. With a `share` the connection breaks after so much of it."""
    boundary = uuid.uuid4().hex
    head = FORM.format(boundary, sent.name).encode()
    body = head + sent.content + f"\r\n--{boundary}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    headers["Content-Length"] = str(len(body))

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, int(len(body) * share), PIECE):
            yield body[start : start + PIECE]
            await asyncio.sleep(PAUSE)
        if share < 1.0:
            raise httpx.WriteError("cut off")

    return await person.client.post("/documents", content=pieces(), headers=headers)


async def _find_id(person: Browser, name: str) -> str:
    address = documents((await person.get("/documents")).text).get(name)
    if address is None:
        raise UnexpectedAnswer(f"{name} was confirmed and is not among the documents")
    return address.removeprefix("/documents/")
