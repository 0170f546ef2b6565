"""Which schemas a reply can be held to, and that the rest is refused by its name."""

from typing import Any

import pytest
from app.api.errors import ApiError
from app.api.json_schema import compile_schema


def whole(**properties: Any) -> dict[str, Any]:
    """An object that has all of these."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def closed(**properties: Any) -> dict[str, Any]:
    return {**whole(**properties), "additionalProperties": False}


def refused(schema: object, *, loose: bool = False) -> str | None:
    with pytest.raises(ApiError) as refusal:
        compile_schema(schema, "s", loose=loose)
    assert refusal.value.status == 400
    return refusal.value.param


PERSON = {
    "$defs": {
        "Name": {"type": "string", "maxLength": 40, "title": "Name"},
        "Pet": whole(name={"$ref": "#/$defs/Name"}),
    },
    **whole(name={"$ref": "#/$defs/Name"}, pet={"$ref": "#/$defs/Pet", "description": "If any"}),
}
NAME = {"type": "string", "maxLength": 40}
KEPT: list[tuple[Any, Any]] = [
    (PERSON, closed(name=NAME, pet=closed(name=NAME))),
    (whole(a={"type": "string", "default": "x"}), closed(a={"type": "string"})),
    ({"type": "object"}, {"type": "object"}),
    ({"type": "object", "additionalProperties": False}, {"type": "object"} | closed()),
    (whole(a=True), closed(a={})),
    (
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {**closed(), "additionalProperties": {"type": "integer"}},
    ),
    ({"type": ["string", "null"]}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
    ({"anyOf": [{"type": "null"}, {"const": 1}]}, {"anyOf": [{"type": "null"}, {"const": 1}]}),
    ({"allOf": [{"type": "null"}]}, {"type": "null"}),
    ({"enum": ["a", "b"], "type": "string"}, {"enum": ["a", "b"]}),
    (
        {"type": "integer", "exclusiveMinimum": 3, "minimum": 1, "maximum": 9},
        {"type": "integer", "minimum": 4, "maximum": 9},
    ),
    (
        {"items": {"type": "number"}, "minItems": 1},
        {"type": "array", "items": {"type": "number"}, "minItems": 1},
    ),
    ({"type": "string", "format": "date"}, {"type": "string", "format": "date"}),
]


@pytest.mark.parametrize(("schema", "held"), KEPT, ids=lambda case: str(case)[:40])
def test_what_can_be_held_is_without_references(schema: Any, held: Any) -> None:
    assert compile_schema(schema, "s") == held


def test_the_order_of_its_properties_stays() -> None:
    schema = compile_schema(whole(zebra={}, ape={}, cow={}), "s")
    assert list(schema["properties"]) == ["zebra", "ape", "cow"]


def nest(depth: int) -> Any:
    return whole(a=nest(depth - 1)) if depth else {"type": "null"}


RECURSIVE = {"$defs": {"A": whole(b={"$ref": "#/$defs/A"})}, "$ref": "#/$defs/A"}
LOOP = {"$defs": {"A": {"$ref": "#/$defs/B"}, "B": {"$ref": "#/$defs/A"}}, "$ref": "#/$defs/A"}
BOMB = {
    "$defs": {
        str(n): {"anyOf": [{"$ref": f"#/$defs/{n + 1}"}] * 2} if n < 20 else {} for n in range(21)
    },
    "$ref": "#/$defs/0",
}
BAD: list[tuple[Any, str]] = [
    (RECURSIVE, "s.$ref.properties.b.$ref"),
    (LOOP, "s.$ref.$ref.$ref"),
    ({"$ref": "#"}, "s.$ref"),
    (BOMB, "s"),
    (nest(40), "s"),
    (whole(**{f"p{n}": {} for n in range(600)}), "s"),
    ({"type": "object", "properties": {f"p{n}": {} for n in range(101)}}, "s.properties"),
    ({"const": "x" * 40_000}, "s"),
    ({"enum": list(range(501))}, "s.enum"),
    ({"const": "a\0b"}, "s"),
    (whole(**{"\ud800": {}}), "s"),
    ({"$ref": "https://example.com/schema.json"}, "s.$ref"),
    ({"$ref": "file:///etc/passwd"}, "s.$ref"),
    ({"$ref": "#/nowhere"}, "s.$ref"),
    ({"$ref": 7}, "s.$ref"),
    ([1], "s"),
    (None, "s"),
    (False, "s"),
    ("string", "s"),
    ({"type": "word"}, "s.type"),
    ({"type": {}}, "s.type"),
    ({"type": "object", "properties": []}, "s.properties"),
    (whole(a={"type": "word"}), "s.properties.a.type"),
    ({"type": "object", "properties": {}, "required": ["a"]}, "s.required"),
    ({"type": "object", "required": [{}]}, "s.required"),
    ({"anyOf": []}, "s.anyOf"),
    ({"anyOf": {}}, "s.anyOf"),
    ({"enum": []}, "s.enum"),
    ({"enum": [1, True], "type": "integer"}, "s.enum"),
    ({"type": "integer", "minimum": 5, "maximum": 3}, "s.minimum"),
    ({"type": "integer", "minimum": 0.5}, "s.minimum"),
    ({"type": "integer", "maximum": 1e300}, "s.maximum"),
    ({"type": "string", "minLength": -1}, "s.minLength"),
    ({"type": "string", "minLength": 9, "maxLength": 8}, "s.minLength"),
]
# What llama.cpp would not hold a reply to. A function may have it, unless it is strict.
LOOSE: list[tuple[Any, str]] = [
    ({"type": "string", "pattern": "^a+$"}, "s.pattern"),
    ({"type": "string", "format": "email"}, "s.format"),
    ({"type": "string", "maxLength": 100_000}, "s.maxLength"),
    ({"type": "number", "minimum": 0}, "s.minimum"),
    ({"type": "integer", "multipleOf": 2}, "s.multipleOf"),
    ({"type": "array", "uniqueItems": True}, "s.uniqueItems"),
    ({"type": "array", "prefixItems": [{}]}, "s.prefixItems"),
    ({"not": {}}, "s.not"),
    ({"oneOf": [{"type": "null"}]}, "s.oneOf"),
    ({"allOf": [{"type": "null"}, {}]}, "s.allOf"),
    ({"type": "array", "maxItems": 10**9}, "s.maxItems"),
    ({"type": "object", "patternProperties": {}}, "s.patternProperties"),
]


@pytest.mark.parametrize(("schema", "param"), BAD + LOOSE, ids=lambda case: str(case)[:40])
def test_what_can_t_be_held_is_refused_by_its_name(schema: Any, param: str) -> None:
    assert refused(schema) == param


@pytest.mark.parametrize(("schema", "param"), BAD, ids=lambda case: str(case)[:40])
def test_what_would_hurt_is_refused_of_functions_too(schema: Any, param: str) -> None:
    assert refused(schema, loose=True) == param


@pytest.mark.parametrize(("schema", "param"), LOOSE, ids=lambda case: str(case)[:40])
def test_of_functions_the_rest_is_left_out(schema: Any, param: str) -> None:
    _, _, name = param.rpartition(".")
    assert name not in compile_schema(schema, "s", loose=True)


def test_of_functions_the_properties_count_more_than_what_holds_beside_them() -> None:
    schema = {**whole(a={}), "anyOf": [{"required": ["b"]}]}
    assert refused(schema) == "s.properties"
    assert compile_schema(schema, "s", loose=True) == closed(a={})
