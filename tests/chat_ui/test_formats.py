"""Replies of programs that have to fit a schema: written from their beginning, and shown when they
are whole."""

import json
from typing import Any

import httpx
import pytest

from tests.chat_ui.programs import HI, PATH, answer, ask, refused
from tests.chat_ui.support import ScriptedModel
from tests.chat_ui.test_completions import stream, text_of
from tests.chat_ui.test_responses import answer as respond
from tests.chat_ui.test_responses import ask as ask_response
from tests.chat_ui.test_responses import stream as stream_response

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "area": {"type": "integer"}},
    "required": ["city", "area"],
    "additionalProperties": False,
}
JSON_SCHEMA = {"name": "city", "strict": True, "schema": CITY}
FORMAT = {"type": "json_schema", "json_schema": JSON_SCHEMA}
DELTAS = ['{"city"', ': "Rome', '", "area"', ": 1285}"]


@pytest.fixture
def city(model: ScriptedModel) -> str:
    model.deltas = DELTAS
    return "".join(DELTAS)


def sent_schema(model: ScriptedModel) -> Any:
    return model.requests[-1]["response_format"]["json_schema"]["schema"]


def test_the_server_gets_the_schema(program: httpx.Client, model: ScriptedModel, city: str) -> None:
    (choice,) = answer(program, response_format=FORMAT)["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == (city, "stop")
    assert sent_schema(model) == CITY
    assert list(sent_schema(model)["properties"]) == ["city", "area"], "in its own order"
    answer(program, response_format={"type": "json_object"})
    assert sent_schema(model) == {"type": "object"}
    answer(program, response_format={"type": "text"})
    assert "response_format" not in model.requests[-1]


def test_nothing_is_shown_before_it_is_whole(
    program: httpx.Client, model: ScriptedModel, city: str
) -> None:
    found = stream(program, response_format=FORMAT)
    assert text_of(found) == city
    assert len([each for each in found if each["choices"][0]["delta"].get("content")]) == 1


def test_a_model_that_dies_writes_it_again_from_its_beginning(
    program: httpx.Client, model: ScriptedModel, city: str
) -> None:
    model.break_after = 2
    (choice,) = answer(program, response_format=FORMAT)["choices"]
    assert choice["message"]["content"] == city
    first, second = model.requests
    assert first == second


def test_what_is_cut_at_its_length_says_so(program: httpx.Client, model: ScriptedModel) -> None:
    model.text = '{"city": "Rome and more'
    (choice,) = answer(program, response_format=FORMAT, max_tokens=2)["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == ('{"city": "Rome', "length")


def test_a_response_has_a_format_too(
    program: httpx.Client, model: ScriptedModel, city: str
) -> None:
    told = {"format": {"type": "json_schema", **JSON_SCHEMA}}
    response = respond(program, text=told)
    assert response["output"][0]["content"][0]["text"] == city
    assert response["text"] == told
    assert sent_schema(model) == CITY
    assert respond(program)["text"] == {"format": {"type": "text"}}
    assert stream_response(program, text=told)[-1]["response"]["text"] == told


def with_schema(schema: Any, **fields: Any) -> Any:
    return {"type": "json_schema", "json_schema": {**JSON_SCHEMA, "schema": schema, **fields}}


WORDS = {"enum": [f"{n}" * 20 for n in range(200)]}
LARGE = {
    "$defs": {"Words": WORDS},
    "type": "object",
    "properties": {f"p{n}": {"$ref": "#/$defs/Words"} for n in range(40)},
}
BAD: list[tuple[Any, str]] = [
    (7, "response_format"),
    ({}, "response_format.type"),
    ({"type": "xml"}, "response_format.type"),
    ({"type": ["text"]}, "response_format.type"),
    ({"type": "text", "more": 1}, "response_format.more"),
    ({"type": "json_schema"}, "response_format.json_schema"),
    (
        {"type": "json_schema", "json_schema": {"name": "x"}},
        "response_format.json_schema.schema",
    ),
    (with_schema(CITY, name="a b"), "response_format.json_schema.name"),
    (with_schema(CITY, strict="yes"), "response_format.json_schema.strict"),
    (with_schema(CITY, more=1), "response_format.json_schema.more"),
    (with_schema({"type": "string"}), "response_format.json_schema.schema"),
    (with_schema({"$ref": "#"}), "response_format.json_schema.schema.$ref"),
    (
        with_schema({"type": "object", "properties": {"a": {"pattern": "^b"}}}),
        "response_format.json_schema.schema.properties.a.pattern",
    ),
    (with_schema({"description": "x" * 40_000}), "response_format.json_schema.schema"),
    (with_schema(LARGE), "response_format"),
]


@pytest.mark.parametrize(("told", "param"), BAD, ids=lambda case: str(case)[:40])
def test_what_no_reply_can_be_held_to_is_refused_before_it_is_queued(
    program: httpx.Client, model: ScriptedModel, told: Any, param: str
) -> None:
    response = ask(program, response_format=told)
    assert (response.status_code, response.json()["error"]["param"]) == (400, param)
    assert model.requests == []


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize("value", [nested(150), nested(900), "NaN", "-Infinity", "1e999"])
@pytest.mark.parametrize("name", ["response_format", "made_up"])
def test_values_that_can_t_be_written_again_are_refused(
    program: httpx.Client, value: str, name: str
) -> None:
    body = f'{{"model": "scripted", "messages": {json.dumps(HI)}, "{name}": {value}}}'
    assert refused(program.post(PATH, content=body), 400, "invalid_value") == name


def test_a_stop_would_keep_it_from_fitting(program: httpx.Client) -> None:
    assert refused(ask(program, response_format=FORMAT, stop="x"), 400, "invalid_value") == "stop"


def test_of_a_response_too(program: httpx.Client) -> None:
    loop = {"type": "json_schema", **JSON_SCHEMA, "schema": {"$ref": "#"}}
    response = ask_response(program, text={"format": loop})
    assert refused(response, 400, "invalid_value", "recursive") == "text.format.schema.$ref"
    response = ask_response(program, text={"verbosity": "low"})
    assert refused(response, 400, "unsupported_parameter") == "text.verbosity"
