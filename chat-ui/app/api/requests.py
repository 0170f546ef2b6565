"""Which requests are one and the same: by the key that a program sends along, or because its SDK
says that it tries again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Any
from uuid import uuid4

from fastapi import Depends, Header
from starlette.requests import HTTPConnection

from app.api.caller import Caller

# Printable, as headers are.
Key = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        pattern="^[ -~]+$",
        description="The same key with the same body gets the same answer, however often.",
    ),
]
Retries = Annotated[
    str,
    Header(
        alias="x-stainless-retry-count",
        description="OpenAI's SDKs tell so that they try again: the answer that was cut is joined.",
    ),
]

CacheControl = Annotated[
    str,
    Header(description="With `no-cache`, the model answers, though it did so before."),
]


@dataclass(frozen=True)
class Marks:
    """What a request's headers say of it."""

    key: str | None
    is_retry: bool = False
    is_fresh: bool = False  # no earlier answer will do


async def read_marks(
    idempotency_key: Key = None, retries: Retries = "0", cache_control: CacheControl = ""
) -> Marks:
    """Dependency. What is no number marks nothing."""
    is_retry = retries.isdecimal() and retries.strip("0") != ""
    return Marks(idempotency_key, is_retry, wants_fresh(cache_control))


def wants_fresh(cache_control: str) -> bool:
    """Whether a Cache-Control header lets no earlier answer do."""
    return "no-cache" in (each.strip().lower() for each in cache_control.split(","))


RequestMarks = Annotated[Marks, Depends(read_marks)]


def identify(
    request: HTTPConnection, caller: Caller, marks: Marks, fields: Mapping[str, Any]
) -> dict[str, object]:
    """As db-api's `NewCompletion` knows it. Without a key it gets one of its own: asked twice by
    us, it is stored once."""
    asked = [str(caller.token), request.url.path, marks.key, fields]
    return {
        "client_key": _hash([str(caller.token), marks.key]) if marks.key else uuid4().hex,
        "request_sha256": _hash(asked),
        "is_retry": marks.is_retry and not marks.key,
    }


def freshen(new: Mapping[str, Any], marks: Marks) -> dict[str, Any]:
    """The same `NewCompletion`, for which no earlier answer will do if the request says so."""
    sampling: Mapping[str, Any] = new["sampling"]
    return {**new, "sampling": {**sampling, "fresh": marks.is_fresh}}


def _hash(told: object) -> str:
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()
