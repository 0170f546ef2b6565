"""Calls of functions, as they are in what the model reads and writes: JSON, which `Tools` holds it
to. Programs get them in OpenAI's form."""

import json
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.api.body import UNSTORABLE

DECODER = json.JSONDecoder()
RESPONSE = re.compile(r'\s*\{\s*"response"\s*:\s*')
CALL = re.compile(r'\s*\{\s*"tool_call"\s*:\s*\{\s*"name"\s*:\s*')
ARGUMENTS = re.compile(r'\s*,\s*"arguments"\s*:\s*')
LONGEST_ESCAPE = len(r"\ud83d\ude00")


@dataclass(frozen=True)
class Call:
    """One call. `arguments` is JSON, as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True)
class Said:
    """What a reply says: a text, or a call."""

    text: str
    call: Call | None = None


def read_said(written: str, reply: UUID, *, has_tools: bool) -> Said:
    """Of what the model wrote, which may be cut: of a call that is not whole, nothing."""
    if not has_tools:
        return Said(written)
    try:
        if found := RESPONSE.match(written):
            return Said(_read_response(written[found.end() :]))
        if found := CALL.match(written):
            name, end = DECODER.raw_decode(written, found.end())
            if found := ARGUMENTS.match(written, end):
                _, end = DECODER.raw_decode(written, found.end())
                return Said("", Call(name_call(reply), name, written[found.end() : end]))
    except (ValueError, RecursionError):
        pass
    return Said("")


def name_call(reply: UUID) -> str:
    """The id of a reply's call."""
    return f"call_{reply.hex}"


def write_call(name: str, arguments: str) -> str:
    """As the model reads what was called before."""
    try:
        json.loads(arguments)
    except (ValueError, RecursionError):
        arguments = json.dumps(arguments, ensure_ascii=False)
    name = json.dumps(name, ensure_ascii=False)
    return f'{{"tool_call": {{"name": {name}, "arguments": {arguments}}}}}'


def write_result(result: str) -> str:
    """As the model reads what a call brought."""
    return json.dumps({"tool_result": result}, ensure_ascii=False)


def describe_call(call: Call) -> dict[str, Any]:
    """As chat completions have it."""
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


def _read_response(rest: str) -> str:
    """A text, of which the end may be missing, or other JSON as it is."""
    try:
        value, end = DECODER.raw_decode(rest)
    except ValueError:
        return _read_beginning(rest)
    return UNSTORABLE.sub("\ufffd", value) if isinstance(value, str) else rest[:end]


def _read_beginning(rest: str) -> str:
    """As much of it as can be read: it may end within an escape."""
    if not rest.startswith('"'):
        return rest
    for cut in range(min(LONGEST_ESCAPE, len(rest))):
        try:
            text = json.loads(f'{rest[: len(rest) - cut]}"')
        except ValueError:
            continue
        return UNSTORABLE.sub("\ufffd", str(text))
    return ""
