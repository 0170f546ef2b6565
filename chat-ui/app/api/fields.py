"""Reads the fields of a program's request, one by one. Whatever can't be done is refused by its
name, with 400."""

import json
import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NoReturn

from app.api.errors import ApiError

DEEPEST = 100  # as the values of a body may be nested


def refuse(param: str, why: str, code: str = "invalid_value") -> NoReturn:
    """ApiError: this parameter, and what is wrong with it."""
    raise ApiError(400, f"{param} {why}.", code, param)


def refuse_unsupported(param: str) -> NoReturn:
    """ApiError: this can't be done here."""
    refuse(param, "is not supported", "unsupported_parameter")


def find_given(
    fields: Mapping[str, Any], known: Collection[str], without_effect: Mapping[str, Collection[str]]
) -> dict[str, Any]:
    """What a body says; null counts as absent. ApiError for a parameter that isn't known, unless it
    says what holds anyway: `without_effect` has such values of each as JSON."""
    given = {name: value for name, value in fields.items() if value is not None}
    for name, value in given.items():
        for part in walk(value, name):
            if isinstance(part, float) and not math.isfinite(part):
                refuse(name, "has a number that is none in JSON")
        if name not in known and json.dumps(value) not in without_effect.get(name, ()):
            refuse_unsupported(name)
    return given


def require(given: Mapping[str, Any], name: str) -> Any:
    """Its value; ApiError if it is absent."""
    if name not in given:
        refuse(name, "is required", "missing_required_parameter")
    return given[name]


def read_model(given: Mapping[str, Any]) -> str:
    """What is to answer."""
    model = require(given, "model")
    if not isinstance(model, str):
        refuse("model", "is a string")
    return model


def read_flag(given: Mapping[str, Any], name: str) -> bool:
    """True or false; absent is false."""
    value = given.get(name)
    if value is not None and not isinstance(value, bool):
        refuse(name, "is true or false")
    return bool(value)


def read_number(
    given: Mapping[str, Any], name: str, least: float, most: float, *, whole: bool = False
) -> float | None:
    """A number between these two; None if it is absent."""
    value = given.get(name)
    if value is None:
        return None
    kinds = (int,) if whole else (int, float)
    # To Python, true is a number.
    if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
        kind = "a whole number" if whole else "a number"
        refuse(name, f"is {kind} from {least} to {most}")
    return value


def walk(value: object, param: str = "") -> Iterator[object]:
    """It and everything in it, the names of objects, too. ApiError if that is nested too deeply to
    be written as JSON again."""
    rest = [(value, 0)]
    while rest:
        part, depth = rest.pop()
        if depth > DEEPEST:
            refuse(param, f"is nested deeper than {DEEPEST} levels")
        yield part
        if isinstance(part, dict):
            rest += [(each, depth + 1) for pair in part.items() for each in pair]
        elif isinstance(part, list):
            rest += [(each, depth + 1) for each in part]
