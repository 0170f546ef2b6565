"""Requests made from what an OpenAPI document says: everything that can be sent gets a value, and
what is an id gets the id of somebody.

A new input that is neither told by its schema nor known here is Unplaced: say what it is.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.local_stack import SMALL_MODEL
from tests.support.operations import Operation, Schema

# Inputs that are ids, and of what. In forms and in queries for pages the schema may not say so.
NOUNS = {
    "chat_id": "chat",
    "chat": "chat",
    "current": "chat",
    "deleted": "deleted chat",
    "message_id": "message",
    "message": "message",
    "before": "message",
    "at": "message",
    "edit": "message",
    "replaces": "message",
    "seen": "message",
    "last": "message",
    "head": "message",
    "context_start": "message",
    "prompt_start": "message",
    "reply_id": "reply",
    "reply": "reply",
    "id": "reply",
    "document_id": "document",
    "document": "document",
    "renamed": "document",
    "pictures": "document",
    "recording_id": "recording",
    "recording": "recording",
    "export_id": "export",
    "token_id": "token",
    "file_id": "file",
    "response_id": "response",
    "previous_response_id": "response",
}
# db-api's operations with a program's replies.
NOUNS_OF_COMPLETIONS = {"reply_id": "completion"}
IDS_OF_PROGRAMS = {"response_id", "previous_response_id"}  # no UUIDs
IDS_OF_FORMS = {"current", "message", "replaces", "seen", "document", "pictures", "recording"}

# What the other texts are. "" is an empty field of a form, and leaves it out of a query.
TEXTS: dict[str, Callable[[], str]] = {
    **{
        name: lambda: "A word."
        for name in (
            *("username", "name", "title", "system_prompt", "opening_message", "content"),
            *("prompt", "question", "q", "text", "title", "address", "vector_model"),
            *("instructions", "previous", "system"),
            *("worker", "X-Worker", "predecessor", "read_with", "input", "arguments", "result"),
        )
    },
    **{
        name: lambda: ""
        for name in (
            *(
                "before",
                "new",
                "attach",
                "tool",
                "cancel",
                "titled",
                "listed",
                "saved",
                "live",
                "quote",
                "left",
            ),
            *("temperature", "reply_tokens", "turns", "tools", "theme", "keys", "mode", "left"),
        )
    },
    **{name: lambda: uuid.uuid4().hex for name in ("client_key", "key")},
    "model": lambda: SMALL_MODEL,
    **{name: lambda: "{}" for name in ("json_schema", "echo")},
    "after": lambda: "",
    "known": lambda: "[]",
    "pinned": lambda: "1",
    "scopes": lambda: "chat",
    "stop": lambda: "END",
    "days": lambda: "",
    "sure": lambda: "yes",
    "system": lambda: "linux",
    "sha256": lambda: "0" * 64,
    "prompt_sha256": lambda: "0" * 64,
    "request_sha256": lambda: uuid.uuid4().hex * 2,
    "listened_until": lambda: "2026-01-01T00:00:00Z",
    "cache_key": lambda: "0" * 64,
    "cache-control": lambda: "no-cache",
    "idempotency-key": lambda: uuid.uuid4().hex,
    "x-stainless-retry-count": lambda: "1",
}
FILE = ("word.txt", b"A word.")


class Unplaced(Exception):
    """Nobody has said what this input is: NOUNS or TEXTS above has to."""


@dataclass(frozen=True)
class Call:
    """A request, ready to be sent."""

    method: str
    path: str
    params: dict[str, Any]
    headers: dict[str, str]
    body: dict[str, Any] = field(default_factory=dict)  # what httpx takes: json, data, files …


def find_ids(operation: Operation) -> dict[str, str]:
    """The inputs that are ids, and of what."""
    found: dict[str, str] = {}
    for each in operation.inputs:
        make_value(
            operation, each.name, each.schema, lambda name, noun: found.setdefault(name, noun)
        )
    return found


def make_call(operation: Operation, ids: Mapping[str, str], *, whole: bool) -> Call:
    """With these ids, by the inputs' names; `whole`: also with all that may be left out."""
    values: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}, "body": {}}
    for each in operation.inputs:
        if whole or each.required or each.where == "path":
            value = make_value(operation, each.name, each.schema, lambda name, noun: ids[name])
            if value != "" or each.where == "body":
                values[each.where][each.name] = value
    path = operation.path.format(**values["path"])
    call = Call(operation.method.upper(), path, values["query"], values["header"])
    return _add_body(call, operation, values["body"])


def _add_body(call: Call, operation: Operation, fields: dict[str, Any]) -> Call:
    match operation.media:
        case "":
            return call
        case "application/json":
            call.body["json"] = fields
        case "application/x-www-form-urlencoded":
            call.body["data"] = fields
        case "multipart/form-data":
            call.body["files"] = {"files": FILE}
            call.body["data"] = {name: value for name, value in fields.items() if name != "files"}
        case other:
            call.headers["Content-Type"] = other
            call.body["content"] = FILE[1]
    return call


def make_value(
    operation: Operation, name: str, schema: Schema, choose: Callable[[str, str], str]
) -> Any:
    """A value that the schema allows. `choose` is asked for ids: the input's name, and of what."""
    options = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    formats = {each.get("format") for each in options}
    is_form = operation.media.startswith(("application/x-www", "multipart"))
    is_id = "uuid" in formats or name in IDS_OF_PROGRAMS
    if is_id or (is_form and name in IDS_OF_FORMS):
        nouns = NOUNS
        if operation.path.startswith("/completions/"):
            nouns = NOUNS | NOUNS_OF_COMPLETIONS
        if name not in nouns:
            raise Unplaced(f"{operation}: whose id is {name}?")
        return choose(name, nouns[name])
    schema = options[0]
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    match schema.get("type"):
        case "object":
            return {
                key: make_value(operation, key, each, choose)
                for key, each in schema.get("properties", {}).items()
            }
        case "array" if schema.get("prefixItems"):
            return [make_value(operation, name, each, choose) for each in schema["prefixItems"]]
        case "array":
            size = max(1, schema.get("minItems", 1))
            items = schema.get("items", {"type": "integer"})
            return [make_value(operation, name, items, choose) for _ in range(size)]
        case "integer" | "number":
            return max(schema.get("minimum", 1), 0 if name in ("wait", "offset") else 1)
        case "boolean":
            return True
        case "string" if schema.get("format") == "binary" or name == "files":
            return ""
        case "string" if schema.get("examples"):
            return schema["examples"][0]
        case "string" if name in TEXTS:
            return TEXTS[name]()
    raise Unplaced(f"{operation}: what is {name}?")


def choose_ids(operation: Operation, ids: Mapping[str, str]) -> dict[str, str]:
    """The ids of one person for all inputs of this operation, from those by noun."""
    return {name: ids[noun] for name, noun in find_ids(operation).items()}
