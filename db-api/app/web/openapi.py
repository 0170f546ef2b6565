"""The OpenAPI document's common parts: how problems are described."""

from typing import Any, get_args

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.errors import DatabaseUnavailable, InvalidInput, Problem, ServiceTokenNeeded
from app.limits import LimitName
from app.texts import Reason

PROBLEM_SCHEMA = {
    "title": "Problem",
    "description": "What went wrong and what to do next (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:parley:chat-not-found"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "With invalid-input: which fields, and why.",
            "items": {
                "type": "object",
                "required": ["field", "message", "reason"],
                "properties": {
                    "field": {"type": "string"},
                    "message": {"type": "string"},
                    "reason": {"enum": list(get_args(Reason))},
                    "size": {"type": "integer", "description": "Characters sent."},
                    "limit": {"type": "integer", "description": "Characters allowed."},
                    "least": {"type": "number"},
                    "most": {"type": "number"},
                },
            },
        },
        "size": {"type": "integer", "description": "With message-too-large: bytes sent."},
        "limit": {"type": "integer", "description": "Bytes, or replies, that are allowed."},
        "received": {"type": "integer", "description": "With file-incomplete: bytes here."},
        "expected": {"type": "integer", "description": "With block-out-of-order: its number."},
        "found": {"type": "string", "description": "With file-kind-refused: what it is."},
        "what": {"enum": list(get_args(LimitName)), "description": "With limit-reached."},
        "retry_after": {"type": "integer", "description": "With status 429: seconds."},
        "head": {
            "type": ["string", "null"],
            "description": "With branch-moved: the end of the branch now; null without a message.",
        },
        "step": {"type": "integer", "description": "With offset-differs: the last step."},
        "length": {
            "type": "integer",
            "description": "With offset-differs: code points of it that are stored.",
        },
    },
}


def problems(*possible: type[Problem], guarded: bool = True) -> dict[int | str, dict[str, Any]]:
    """A route's error responses; ``guarded`` adds those every protected route has."""
    kinds: list[type[Problem]] = list(possible)
    if guarded:
        kinds += [ServiceTokenNeeded, InvalidInput, DatabaseUnavailable]
    responses: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        response = responses.setdefault(kind.status, {"description": kind.title, "examples": {}})
        response["examples"][kind.slug] = {"value": show_example(kind)}
    return {
        status: {
            "description": response["description"],
            "content": {
                "application/problem+json": {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "examples": response["examples"],
                }
            },
        }
        for status, response in responses.items()
    }


def show_example(kind: type[Problem]) -> dict[str, object]:
    """What such a problem looks like."""
    head = {"type": f"urn:parley:{kind.slug}", "title": kind.title, "status": kind.status}
    return {**head, "detail": kind.detail, **kind.example}


def describe(app: FastAPI) -> dict[str, Any]:
    """The document, with the schema of problems added; made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            tags=app.openapi_tags,
        )
        document.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM_SCHEMA
        app.openapi_schema = document
    return app.openapi_schema
