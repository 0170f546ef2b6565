"""Reads forms strictly: bounded in size, valid UTF-8, no NUL; without a session only short ones.

The event loop decodes them itself. For 130 kB of percent signs that takes 2 ms; Starlette's parser,
with the same checks before it, took 35 (on an Intel Xeon).
"""

import re
from typing import Annotated
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from fastapi import Depends
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.types import Message

from app.clients.types import MODES, Mode
from app.errors import FormTooLarge, InvalidInput, SessionEnded
from app.services import AppServices, Services
from app.sessions import find_session

# Percent-encoding triples a byte, and a form has a few fields beside the text.
ENCODING_FACTOR = 4
OTHER_FIELDS = 16_384
MOST_FIELDS = 250  # of them: as many documents as a list has can be ticked
# Bytes of a message when db-api has never told its limit: far more than its default, so that what
# was typed is still there to be shown.
ASSUMED_LIMIT = 1_000_000
# Bytes of a form without a session: for a name and settings, or a text to be shown again.
WITHOUT_SESSION = 16_384
# A percent sign that begins no code, as in what `curl -d` sends; each costs as much as 30 bytes.
STRAY_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
MOST_STRAY = 1000


async def read_form(request: Request, services: AppServices) -> FormData:
    """Dependency: the form's fields. Raises FormTooLarge or InvalidInput; SessionEnded if there is
    no session and the form is not short. What is too long is not read to its end."""
    if find_session(request) is None:
        body = await _read_body(request, WITHOUT_SESSION, SessionEnded("form-without-session"))
    else:
        body = await _read_all(request, services)
    if "urlencoded" in request.headers.get("content-type", ""):
        return parse_urlencoded(body)
    _decode(body)

    async def replay() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    checked = Request(request.scope, replay)
    return await checked.form(max_files=0, max_fields=MOST_FIELDS, max_part_size=len(body))


Form = Annotated[FormData, Depends(read_form)]


def read_text(form: FormData, name: str) -> str:
    """One field with its line ends normalised to `\\n`; empty if it is missing."""
    value = form.get(name, "")
    text = value if isinstance(value, str) else ""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_id(form: FormData, name: str) -> UUID | None:
    """An id; None if the field is missing or empty. Raises InvalidInput for anything else."""
    value = read_text(form, name)
    try:
        return UUID(value) if value else None
    except ValueError as error:
        raise InvalidInput from error


def read_mode(form: FormData) -> Mode | None:
    """How a message is to be answered; None if the form doesn't say."""
    return next((mode for mode in MODES if mode == read_text(form, "mode")), None)


def read_ids(form: FormData, name: str) -> list[UUID]:
    """The ids of the boxes that are ticked. Raises InvalidInput for anything else."""
    try:
        return [UUID(str(value)) for value in form.getlist(name)]
    except ValueError as error:
        raise InvalidInput from error


def read_key(request: Request, form: FormData, name: str) -> str:
    """The key that makes a form count once."""
    return read_text(form, name) or make_key(request)


def make_key(request: Request) -> str:
    """A key for whoever sent none (someone's own script): it counts once per request. The gateway
    may ask two copies in turn, and tells by its id that it is the same request."""
    request_id = request.headers.get("x-request-id")
    return (uuid5(NAMESPACE_URL, request_id) if request_id else uuid4()).hex


def parse_urlencoded(body: bytes) -> FormData:
    """Its fields. Raises InvalidInput."""
    pairs = body.replace(b"+", b" ").split(b"&", MOST_FIELDS)
    if len(pairs) > MOST_FIELDS:
        raise InvalidInput
    halves = (pair.partition(b"=") for pair in pairs if pair)
    return FormData([(_decode(unquote(n)), _decode(unquote(v))) for n, _, v in halves])


def unquote(text: bytes) -> bytes:
    """As urllib's `unquote_to_bytes`, by a codec that is written in C: `%41` is made `\\x41`.

    Raises InvalidInput for more percent signs that begin no code than a text has."""
    escaped = (
        STRAY_PERCENT.sub(b"%25", text, MOST_STRAY).replace(b"\\", rb"\\").replace(b"%", rb"\x")
    )
    try:
        return escaped.decode("unicode_escape").encode("latin-1")
    except UnicodeDecodeError as error:
        raise InvalidInput from error


async def _read_all(request: Request, services: Services) -> bytes:
    limits = await services.limits.find()
    limit = limits.message_bytes if limits else ASSUMED_LIMIT
    most = limit * ENCODING_FACTOR + OTHER_FIELDS
    return await _read_body(request, most, FormTooLarge(limit=limit))


async def _read_body(request: Request, limit: int, too_large: Exception) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise too_large
    return bytes(body)


def _decode(raw: bytes) -> str:
    if b"\0" in raw:
        raise InvalidInput("text-with-nul")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput("text-not-utf8") from error
