"""Reads forms strictly: bounded in size, valid UTF-8, no NUL.

Starlette's own parser replaces broken bytes silently, so the bytes are looked at before it runs. It
also reads bytes that came without percent signs (`curl -d`) as Latin-1, so they are given some.
"""

from typing import Annotated
from urllib.parse import quote_from_bytes, unquote_to_bytes
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from fastapi import Depends
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.types import Message

from app.clients.types import MODES, Mode
from app.errors import FormTooLarge, InvalidInput
from app.services import AppServices

# Percent-encoding triples a byte, and a form has a few fields beside the text.
ENCODING_FACTOR = 4
OTHER_FIELDS = 16_384
MOST_FIELDS = 250  # of them: as many documents as a list has can be ticked
# Bytes of a message when db-api has never told its limit: far more than its default, so that what
# was typed is still there to be shown.
ASSUMED_LIMIT = 1_000_000
ASCII = bytes(range(128))


async def read_form(request: Request, services: AppServices) -> FormData:
    """Dependency: the form's fields. Raises FormTooLarge or InvalidInput."""
    limits = await services.limits.find()
    message_limit = limits.message_bytes if limits else ASSUMED_LIMIT
    limit = message_limit * ENCODING_FACTOR + OTHER_FIELDS
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise FormTooLarge(limit=message_limit)
    if "urlencoded" in request.headers.get("content-type", ""):
        _check_text(unquote_to_bytes(bytes(body).replace(b"+", b" ")))
        body = bytearray(quote_from_bytes(body, safe=ASCII), "ascii")
    else:
        _check_text(bytes(body))

    async def replay() -> Message:
        return {"type": "http.request", "body": bytes(body), "more_body": False}

    checked = Request(request.scope, replay)
    return await checked.form(max_files=0, max_fields=MOST_FIELDS, max_part_size=limit)


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
    """The key that makes a form count once.

    A form without one (someone's own script) counts once per request: the gateway may ask two
    copies in turn, and tells by its id that it is the same request.
    """
    request_id = request.headers.get("x-request-id")
    per_request = uuid5(NAMESPACE_URL, request_id) if request_id else uuid4()
    return read_text(form, name) or per_request.hex


def _check_text(raw: bytes) -> None:
    if b"\0" in raw:
        raise InvalidInput("text-with-nul")
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput("text-not-utf8") from error
