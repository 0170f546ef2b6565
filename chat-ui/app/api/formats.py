"""What a program wants a reply's text to be: JSON, or JSON that fits a schema."""

import re
from typing import Any

from app.api.fields import refuse, refuse_unsupported
from app.api.json_schema import compile_schema

NAME = re.compile("[a-zA-Z0-9_-]{1,64}")
SCHEMA = {"name", "description", "schema", "strict"}
OBJECT = {"type": "object"}


def read_response_format(given: dict[str, Any]) -> dict[str, Any] | None:
    """Of chat completions; None for any text."""
    name = "response_format"
    told = given.get(name, {"type": "text"})
    if _read_kind(told, name) != "json_schema":
        return _read_plain(told, name, {"type"})
    _check_known(told, {"type", "json_schema"}, name)
    return _read_schema(told.get("json_schema"), f"{name}.json_schema", SCHEMA)


def read_text_format(given: dict[str, Any]) -> dict[str, Any] | None:
    """Of responses."""
    text = given.get("text", {})
    if not isinstance(text, dict):
        refuse("text", "is an object")
    _check_known(text, {"format"}, "text")
    name = "text.format"
    told = text.get("format") or {"type": "text"}
    if _read_kind(told, name) != "json_schema":
        return _read_plain(told, name, {"type"})
    return _read_schema(told, name, SCHEMA | {"type"})


def _read_kind(told: object, name: str) -> str:
    if not isinstance(told, dict):
        refuse(name, "is an object")
    kind = told.get("type")
    if kind not in ("text", "json_object", "json_schema"):
        refuse(f"{name}.type", "is none of text, json_object and json_schema")
    return str(kind)


def _read_plain(told: dict[str, Any], name: str, known: set[str]) -> dict[str, Any] | None:
    _check_known(told, known, name)
    return OBJECT if told["type"] == "json_object" else None


def _read_schema(told: object, name: str, known: set[str]) -> dict[str, Any]:
    if not isinstance(told, dict):
        refuse(name, "is an object")
    _check_known(told, known, name)
    if not isinstance(told.get("name"), str) or not NAME.fullmatch(told["name"]):
        refuse(f"{name}.name", "has 1 to 64 letters of a to z, digits, _ and -")
    if not isinstance(told.get("description") or "", str):
        refuse(f"{name}.description", "is a string")
    if not isinstance(told.get("strict") or False, bool):
        refuse(f"{name}.strict", "is true or false")
    if told.get("schema") is None:
        refuse(f"{name}.schema", "is required", "missing_required_parameter")
    schema = compile_schema(told["schema"], f"{name}.schema")
    if schema.get("type") != "object":
        refuse(f"{name}.schema", "is of an object")
    return schema


def _check_known(told: dict[str, Any], known: set[str], name: str) -> None:
    for field in sorted(told.keys() - known):
        if told[field] is not None:
            refuse_unsupported(f"{name}.{field}")
