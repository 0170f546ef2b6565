"""Reads JSON strictly: bounded in size, valid UTF-8, and only text that can be stored."""

import json
import re
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from app.api.errors import ApiError, describe_wrong
from app.services import Services

M = TypeVar("M", bound=BaseModel)

# JSON may escape what takes one byte with six; nginx lets four times a message pass.
FACTOR = 4
ASSUMED_LIMIT = 1_000_000  # bytes of a message, while db-api has never told its limit
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
NOT_JSON = "The body must be a JSON object in UTF-8."


async def read_json(request: Request, services: Services) -> dict[str, Any]:
    """The body's fields; ApiError if it has none, or is too large to be read."""
    return parse_json(await read_bytes(request, services))


async def read_model(request: Request, services: Services, model: type[M]) -> M:
    """The body's fields as `model` has them; no body has none. ApiError for the first that can't be
    taken."""
    body = await read_bytes(request, services)
    try:
        return model.model_validate(parse_json(body) if body else {})
    except ValidationError as error:
        raise describe_wrong(error.errors()[0]) from None


async def read_bytes(request: Request, services: Services) -> bytes:
    """The body; ApiError if it is too large to be read."""
    most = await find_most(services)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        check_size(len(body), most)
    return bytes(body)


async def find_most(services: Services) -> int:
    """How many bytes are read."""
    limits = await services.limits.find()
    return FACTOR * (limits.message_bytes if limits else ASSUMED_LIMIT)


def check_size(size: int, most: int) -> None:
    """ApiError for more bytes than that."""
    if size > most:
        message = f"The request is too large: the limit is {most} bytes."
        raise ApiError(413, message, "request_too_large")


def parse_json(body: bytes) -> dict[str, Any]:
    """The fields of an object; ApiError if it is none."""
    try:
        fields = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise ApiError(400, NOT_JSON, "invalid_json") from None
    if not isinstance(fields, dict):
        raise ApiError(400, NOT_JSON, "invalid_json")
    return fields


def check_text(text: str, param: str) -> str:
    """The same; ApiError for characters that can't be stored."""
    if UNSTORABLE.search(text):
        message = f"{param} has a NUL character or half of a surrogate pair."
        raise ApiError(400, message, "invalid_value", param)
    return text
