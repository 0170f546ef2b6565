"""JSON schemas that a reply can be held to. llama.cpp makes a grammar of them and ignores what it
doesn't know of, so only what it does know is let through, in a form of our own: without references,
and bounded."""

import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from app.api.body import UNSTORABLE
from app.api.fields import refuse, walk

MOST_BYTES = 32_000  # as JSON
MOST_PARTS = 500  # schemas in the schema, references followed
DEEPEST = 32
MOST_OPTIONAL = 100  # properties of one object; with a thousand the server thinks for seconds
MOST_VALUES = 500  # of an enum
MOST_ITEMS = 500
LONGEST_TEXT = 1000
FURTHEST = 2**53

# They say something to people, and hold nobody to anything.
ANNOTATIONS = {
    *("title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly"),
    *("$schema", "$comment", "$defs", "definitions"),
}
KEYWORDS = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems", "maxItems"},
    "string": {"minLength", "maxLength", "format"},
    "integer": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "number": set[str](),
    "boolean": set[str](),
    "null": set[str](),
}
FORMATS = ("date", "time", "date-time", "uuid")
KINDS = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
POINTER = re.compile("#(/.*)?", re.DOTALL)


def compile_schema(schema: object, param: str, *, loose: bool = False) -> dict[str, Any]:
    """The same as llama.cpp takes it. ApiError for what it can't hold a reply to, by its name; if
    that may be `loose`, such keywords are left out."""
    check_size(schema, param)
    return _Compiler(schema, param, loose).compile(schema, param, 0, frozenset("#"))


def check_size(value: object, param: str) -> None:
    """ApiError for what is too large, or has texts that can't be stored."""
    if len(json.dumps(value)) > MOST_BYTES:
        refuse(param, f"has more than {MOST_BYTES} bytes")
    for part in walk(value):
        if isinstance(part, str) and UNSTORABLE.search(part):
            refuse(param, "has a NUL character or half of a surrogate pair")


class _Compiler:
    def __init__(self, root: object, param: str, loose: bool) -> None:
        self._root, self._param, self._loose = root, param, loose
        self._parts = 0

    def compile(
        self, schema: object, param: str, depth: int, through: frozenset[str]
    ) -> dict[str, Any]:
        """One part; `through` are the references that led to it."""
        self._parts += 1
        if self._parts > MOST_PARTS:
            refuse(self._param, f"has more than {MOST_PARTS} parts")
        if depth > DEEPEST:
            refuse(self._param, f"is deeper than {DEEPEST} levels")
        if schema is True:
            return {}
        if not isinstance(schema, dict):
            refuse(param, "is no schema that anything fits")
        for name in ("$ref", "allOf", "anyOf", "oneOf", "const", "enum"):
            if name in schema and not (self._loose and self._is_hopeless(schema, name)):
                return self._compile_combined(name, schema, param, depth, through)
        return self._compile_type(schema, param, depth, through)

    def _is_hopeless(self, schema: dict[str, Any], name: str) -> bool:
        """What of it holds beside that is more than what can be held of it."""
        several = name == "allOf" and isinstance(schema[name], list) and len(schema[name]) != 1
        return several or (name in ("allOf", "anyOf", "oneOf") and "properties" in schema)

    def _compile_combined(
        self, name: str, schema: dict[str, Any], param: str, depth: int, through: frozenset[str]
    ) -> dict[str, Any]:
        given = schema[name]
        self._check_known(schema, {name, "type"} if name in ("const", "enum") else {name}, param)
        inner = f"{param}.{name}"
        if name == "$ref":
            found = self._find(given, inner)
            if given in through:
                refuse(inner, "is recursive; a schema has to have an end")
            return self.compile(found, inner, depth + 1, through | {given})
        if name == "const":
            self._check_values([given], schema, inner)
            return {"const": given}
        if not isinstance(given, list) or not given:
            refuse(inner, "is a list that is not empty")
        if name == "enum":
            self._check_values(given, schema, inner)
            return {"enum": given}
        if name == "oneOf" and not self._loose:
            refuse(inner, "is not supported: use anyOf")
        if name == "allOf" and len(given) != 1:
            refuse(inner, "is supported with one schema only")
        parts = [
            self.compile(part, f"{inner}.{number}", depth + 1, through)
            for number, part in enumerate(given)
        ]
        return parts[0] if name == "allOf" else {"anyOf": parts}

    def _compile_type(
        self, schema: dict[str, Any], param: str, depth: int, through: frozenset[str]
    ) -> dict[str, Any]:
        told = schema.get("type")
        if told is None:
            told = next((kind for kind in ("object", "array") if KEYWORDS[kind] & set(schema)), [])
        kinds = [told] if isinstance(told, str) else told
        if not isinstance(kinds, list) or not all(
            isinstance(kind, str) and kind in KEYWORDS for kind in kinds
        ):
            refuse(f"{param}.type", f"is none of {', '.join(KEYWORDS)}")
        self._check_known(schema, {"type"}.union(*(KEYWORDS[kind] for kind in kinds)), param)
        if not kinds:
            return {}
        parts = [self._compile_kind(kind, schema, param, depth, through) for kind in kinds]
        return parts[0] if len(parts) == 1 else {"anyOf": parts}

    def _compile_kind(
        self, kind: str, schema: dict[str, Any], param: str, depth: int, through: frozenset[str]
    ) -> dict[str, Any]:
        if kind == "object":
            return {"type": kind} | self._compile_object(schema, param, depth, through)
        held: dict[str, Any] = {"type": kind}
        if kind == "array":
            if "items" in schema:
                inner = f"{param}.items"
                held["items"] = self.compile(schema["items"], inner, depth + 1, through)
            return held | self._read_bounds(schema, ("minItems", "maxItems"), MOST_ITEMS, param)
        if kind == "string":
            bounds = self._read_bounds(schema, ("minLength", "maxLength"), LONGEST_TEXT, param)
            told = schema.get("format")
            if told in FORMATS and (self._loose or not bounds):
                return held | {"format": told}
            if told is not None and not self._loose:
                refuse(f"{param}.format", f"is none of {', '.join(FORMATS)}, without a length")
            return held | bounds
        return held | (self._read_range(schema, param) if kind == "integer" else {})

    def _compile_object(
        self, schema: dict[str, Any], param: str, depth: int, through: frozenset[str]
    ) -> dict[str, Any]:
        properties, required = schema.get("properties", {}), schema.get("required", [])
        if not isinstance(properties, dict):
            refuse(f"{param}.properties", "is an object")
        if not isinstance(required, list) or not all(
            isinstance(name, str) and name in properties for name in required
        ):
            refuse(f"{param}.required", "is a list of names that properties has")
        if len(properties) - len(required) > MOST_OPTIONAL:
            refuse(f"{param}.properties", f"has more than {MOST_OPTIONAL} that are not required")
        others = schema.get("additionalProperties", not properties)
        if others is not False and (properties == {} or others is not True):
            inner = f"{param}.additionalProperties"
            others = self.compile(others, inner, depth + 1, through)
        else:
            others = False  # a reply with none of them fits
        if properties == {} and others == {}:
            return {}
        compiled = {
            name: self.compile(part, f"{param}.properties.{name}", depth + 1, through)
            for name, part in properties.items()
        }
        return {"properties": compiled, "required": required, "additionalProperties": others}

    def _read_bounds(
        self, schema: dict[str, Any], names: tuple[str, str], most: int, param: str
    ) -> dict[str, Any]:
        """How many there may be."""
        held: dict[str, int] = {}
        for name in names:
            value = schema.get(name)
            if value is None or (self._loose and _is_number(value) and value > most):
                continue
            if not _is_number(value) or not 0 <= value <= most:
                refuse(f"{param}.{name}", f"is a whole number from 0 to {most}")
            held[name] = value
        if held.get(names[0], 0) > held.get(names[1], most):
            refuse(f"{param}.{names[0]}", f"is more than {names[1]}")
        return held

    def _read_range(self, schema: dict[str, Any], param: str) -> dict[str, Any]:
        held: dict[str, int] = {}
        for name in sorted(KEYWORDS["integer"] & set(schema)):
            value = schema[name]
            if not _is_number(value) or not -FURTHEST <= value <= FURTHEST:
                refuse(f"{param}.{name}", f"is a whole number from {-FURTHEST} to {FURTHEST}")
            if name.startswith("exclusive"):
                value += 1 if name.endswith("Minimum") else -1
            end = "minimum" if name.endswith("inimum") else "maximum"
            choose = max if end == "minimum" else min
            held[end] = choose(held.get(end, value), value)
        if held.get("minimum", -FURTHEST) > held.get("maximum", FURTHEST):
            refuse(f"{param}.minimum", "is more than the maximum")
        return held

    def _check_known(self, schema: dict[str, Any], known: set[str], param: str) -> None:
        for name in sorted(schema.keys() - known - ANNOTATIONS):
            if not self._loose:
                refuse(f"{param}.{name}", "is not supported", "unsupported_parameter")

    def _check_values(self, values: list[Any], schema: dict[str, Any], param: str) -> None:
        """Those of an enum, which the server takes whatever the type is."""
        if len(values) > MOST_VALUES:
            refuse(param, f"has more than {MOST_VALUES} values")
        told = schema.get("type")
        kinds = [told] if isinstance(told, str) else told
        if kinds is None:
            return
        if not isinstance(kinds, list) or not all(_fits(value, kinds) for value in values):
            refuse(param, "has a value that is not of its type")

    def _find(self, reference: object, param: str) -> object:
        """What it leads to, in the same schema."""
        if not isinstance(reference, str) or not POINTER.fullmatch(reference):
            refuse(param, "leads out of the schema; nothing is fetched")
        found: Any = self._root
        for step in reference.split("/")[1:]:
            name = unquote(step).replace("~1", "/").replace("~0", "~")
            if not isinstance(found, dict) or name not in found:
                refuse(param, "leads nowhere")
            found = found[name]
        return found


def _is_number(value: object) -> bool:
    """Whole. To Python, true is a number."""
    return isinstance(value, int) and not isinstance(value, bool)


def _fits(value: object, kinds: Iterable[object]) -> bool:
    return any(
        isinstance(value, KINDS.get(str(kind), ()))
        and (kind == "boolean" or not isinstance(value, bool))
        for kind in kinds
    )
