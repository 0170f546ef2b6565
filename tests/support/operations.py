"""What an OpenAPI document says can be asked: each operation with all that can be put into it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Schema = dict[str, Any]


@dataclass(frozen=True)
class Input:
    """One thing that is sent. `where` is path, query, header, or body: a field of it there."""

    name: str
    where: str
    schema: Schema  # without references
    required: bool


@dataclass(frozen=True)
class Operation:
    """One method of one path. `media` is its body's type, empty if it has none, `guards` the
    names of what has to be shown, and `scopes` what that has to be good for."""

    method: str
    path: str
    inputs: tuple[Input, ...]
    media: str
    guards: frozenset[str]
    scopes: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.path}"

    def names(self, where: str, *, required: bool = False) -> list[str]:
        """Of what goes there; only of what must, if that is asked for."""
        return [i.name for i in self.inputs if i.where == where and (i.required or not required)]


def read_operations(document: Schema) -> list[Operation]:
    """All of them, in the document's order."""
    return [
        _read(document, method, path, described)
        for path, operations in document["paths"].items()
        for method, described in operations.items()
    ]


def _read(document: Schema, method: str, path: str, described: Schema) -> Operation:
    inputs = [
        Input(p["name"], p["in"], resolve(p["schema"], document), p.get("required", False))
        for p in described.get("parameters", [])
    ]
    content = described.get("requestBody", {}).get("content", {})
    media = next(iter(content), "")
    if media:
        inputs += _read_body(resolve(content[media].get("schema", {}), document))
    guards = frozenset(name for each in described.get("security", []) for name in each)
    scopes = frozenset(
        scope
        for each in described.get("security", [])
        for needed in each.values()
        for scope in needed
    )
    return Operation(method, path, tuple(inputs), media, guards, scopes)


def _read_body(schema: Schema) -> Iterator[Input]:
    for option in schema.get("anyOf", [schema]):
        for name, each in option.get("properties", {}).items():
            yield Input(name, "body", each, name in option.get("required", []))


def resolve(schema: Any, document: Schema) -> Any:
    """The same with everything that it refers to in its place."""
    if isinstance(schema, list):
        return [resolve(each, document) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return resolve(document["components"]["schemas"][schema["$ref"].split("/")[-1]], document)
    return {name: resolve(each, document) for name, each in schema.items()}
