"""What the OpenAPI document says that FastAPI can't see: forms, which `app.forms` parses, the
session cookie, and answers that are pages."""

from typing import Any

from fastapi import Security
from fastapi.security import APIKeyCookie

from app.session_cookie import PLAIN

COOKIE_SCHEME = APIKeyCookie(
    name=PLAIN,
    scheme_name="session",
    auto_error=False,
    description="Set by `POST /chats`, or by `POST /settings` with a name. Signed, and good for all"
    " chats started with it. Over https its name begins with `__Host-`.",
)
# For the document only: `app.sessions` reads the cookie.
WITH_COOKIE = [Security(COOKIE_SCHEME)]

MEANINGS = {
    200: "A page with what was typed: a form for files or documents, or the home page.",
    401: "The session has ended. `POST /chats` begins a new one.",
    403: "Refused: a page of another site posted this.",
    404: "There is no such page, chat or reply in this session.",
    409: "The page says why: the key was used for other text, the chat continues from another"
    " message now, or the reply is not in a state for that. What was written is still in the form.",
    413: "Over the limit. The form still has the text.",
    415: "The files are of kinds that can't be read. If some can, the answer is 303.",
    422: "The input can't be taken as it is; the page says why.",
    429: "The queue is full. Nothing was stored; `Retry-After` says when to try again.",
    503: "db-api does not answer just now, and nothing was stored. Try again.",
    507: "There is no room for more documents.",
}

FRAGMENT: dict[str, Any] = {
    "description": "For scripts (`HX-Request: true`): the messages that are new on the page.",
    "content": {"text/html": {}},
}


def pages(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route whose problems are HTML pages with these statuses."""
    return {
        status: {"description": MEANINGS[status], "content": {"text/html": {}}}
        for status in sorted(statuses)
    }


def form_body(required: bool = True, **fields: str) -> dict[str, Any]:
    """`openapi_extra` for a form whose fields are given as name and description; the first one
    is required, unless it is said not to be."""
    properties = {name: {"type": "string", "description": text} for name, text in fields.items()}
    schema = {
        "type": "object",
        "properties": properties,
        "required": [next(iter(fields))] if required else [],
    }
    return {
        "requestBody": {
            "required": True,
            "content": {"application/x-www-form-urlencoded": {"schema": schema}},
        }
    }


def upload_body(**fields: str) -> dict[str, Any]:
    """`openapi_extra` for a form of files, which are read as they come, and of these fields."""
    files = {"type": "array", "items": {"type": "string", "format": "binary"}}
    others = {name: {"type": "string", "description": text} for name, text in fields.items()}
    schema = {"type": "object", "properties": {"files": files, **others}, "required": ["files"]}
    content = {"multipart/form-data": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}
