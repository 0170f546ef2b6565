"""Functions that a program lets the model call. The program runs them, and sends what they
brought."""

import json
from typing import Any
from uuid import UUID

import httpx
import pytest
from app.api.calls import Call, Said, name_call, read_said

from tests.chat_ui.programs import HI, answer, ask, refused
from tests.chat_ui.support import ScriptedModel
from tests.chat_ui.test_completions import stream, text_of
from tests.chat_ui.test_responses import answer as respond
from tests.chat_ui.test_responses import ask as ask_response
from tests.chat_ui.test_responses import read, resume, told, wait_for
from tests.chat_ui.test_responses import stream as stream_response

PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "In English", "pattern": "^[A-Z]"}},
    "required": ["city"],
}
HELD = {
    **PARAMETERS,
    "properties": {"city": {"type": "string"}},
    "additionalProperties": False,
}
FUNCTION = {"name": "weather", "description": "Of a city", "parameters": PARAMETERS}
TOOLS: list[Any] = [{"type": "function", "function": FUNCTION}]
FLAT: list[Any] = [{"type": "function", **FUNCTION}]
NOW: Any = {"type": "function", "function": {"name": "now"}}
ARGUMENTS = '{"city":  "Rome"}'  # as the model wrote it
CALLED = f'{{ "tool_call": {{"name": "weather", "arguments": {ARGUMENTS}}}}}'
ANSWERED = '{"response": "Caf\\u00e9s \\"are\\" \\ud83d\\ude00"}'
RESULT = "Sunny\n21 °C"


@pytest.fixture
def calling(model: ScriptedModel) -> None:
    model.deltas = [CALLED[:9], CALLED[9:]]


def schema_of(model: ScriptedModel) -> Any:
    return model.requests[-1]["response_format"]["json_schema"]["schema"]


def call_of(name: Any, held: Any) -> Any:
    return {
        "type": "object",
        "properties": {
            "tool_call": {
                "type": "object",
                "properties": {"name": {"const": name}, "arguments": held},
                "required": ["name", "arguments"],
                "additionalProperties": False,
            }
        },
        "required": ["tool_call"],
        "additionalProperties": False,
    }


@pytest.mark.usefixtures("calling")
def test_a_call_and_what_it_brought(program: httpx.Client, model: ScriptedModel) -> None:
    system = {"role": "system", "content": "Be brief."}
    (choice,) = answer(program, [system, *HI], tools=TOOLS, tool_choice="required")["choices"]
    message = {**choice["message"], "parsed": None}  # as OpenAI's SDK sends it again
    (call,) = message["tool_calls"]
    assert call["function"] == {"name": "weather", "arguments": ARGUMENTS}
    assert (message["content"], choice["finish_reason"]) == (None, "tool_calls")
    assert schema_of(model) == call_of("weather", HELD)
    prompt = model.requests[-1]["messages"]
    assert prompt[0]["content"].startswith("Be brief.\n\nYou can call these functions:")
    assert json.dumps(FUNCTION) in prompt[0]["content"], "as the program wrote it"
    model.deltas = [ANSWERED]
    call["function"] |= {"parsed_arguments": {"city": "Rome"}}
    brought = {"role": "tool", "tool_call_id": call["id"], "content": RESULT}
    (choice,) = answer(program, [*HI, message, brought], tools=TOOLS)["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == ('Cafés "are" 😀', "stop")
    assert "tool_calls" not in choice["message"]
    assert [(each["role"], each["content"]) for each in model.requests[-1]["messages"][1:]] == [
        ("user", "Hi"),
        ("assistant", f'{{"tool_call": {{"name": "weather", "arguments": {ARGUMENTS}}}}}'),
        ("user", json.dumps({"tool_result": RESULT}, ensure_ascii=False)),
    ]


@pytest.mark.usefixtures("calling")
def test_a_streamed_call(program: httpx.Client) -> None:
    found = stream(program, tools=TOOLS)
    first, called, last = (each["choices"][0] for each in found)
    assert first["delta"] == {"role": "assistant", "content": None}
    (call,) = called["delta"]["tool_calls"]
    assert (call["index"], call["type"], call["function"]["arguments"]) == (
        *(0, "function"),
        ARGUMENTS,
    )
    assert last["finish_reason"] == "tool_calls"


def test_the_model_may_call_or_answer_or_has_to(
    program: httpx.Client, model: ScriptedModel
) -> None:
    model.deltas = [ANSWERED]
    assert text_of(stream(program, tools=[*TOOLS, NOW])) == 'Cafés "are" 😀'
    text, call = schema_of(model)["anyOf"]
    assert text["properties"] == {"response": {"type": "string"}}
    assert len(call["properties"]["tool_call"]["anyOf"]) == 2
    answer(program, tools=[*TOOLS, NOW], tool_choice="required")
    assert len(schema_of(model)["properties"]["tool_call"]["anyOf"]) == 2
    answer(program, tools=[*TOOLS, NOW], tool_choice=NOW)
    nothing = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    assert schema_of(model) == call_of("now", nothing)
    assert "weather" not in model.requests[-1]["messages"][0]["content"]
    answer(program, tools=TOOLS, tool_choice="none")
    assert "response_format" not in model.requests[-1]
    assert len(model.requests[-1]["messages"]) == 1


def test_an_answer_beside_tools_may_have_a_format(
    program: httpx.Client, model: ScriptedModel
) -> None:
    model.deltas = ['{"response": {"a": 1.0}}']
    told = {"type": "json_object"}
    (choice,) = answer(program, tools=TOOLS, response_format=told)["choices"]
    assert choice["message"]["content"] == '{"a": 1.0}'
    assert schema_of(model)["anyOf"][0]["properties"] == {"response": {"type": "object"}}


def test_of_a_call_that_is_cut_nothing_is_shown(
    program: httpx.Client, model: ScriptedModel
) -> None:
    model.text = CALLED
    (choice,) = answer(program, tools=TOOLS, max_tokens=4)["choices"]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("", "length")
    assert "tool_calls" not in choice["message"]


ID = UUID(int=7)
WRITTEN = [
    (CALLED, Said("", Call(name_call(ID), "weather", ARGUMENTS))),
    (CALLED[:-4], Said("")),
    ('{"response": "a\\nb"}', Said("a\nb")),
    ('{"response": "a\\nb', Said("a\nb")),
    ('{"response": "a\\', Said("a")),
    ('{"response": "a\\u26', Said("a")),
    ('{"response": "a\\\\', Said("a\\")),
    ('{"response": "a\\ud83d\\ude', Said("a\ufffd")),
    ('{"response": "\\u0000\\udfff"}', Said("\ufffd\ufffd")),
    ('{"response": "', Said("")),
    ('{"response":', Said("")),
    ('{"response": {"a": 1e400}}', Said('{"a": 1e400}')),
    ('{"response": {"a": 1', Said('{"a": 1')),
    ('{"tool_call": {"name": "weather", "arguments": ' + "[" * 5000, Said("")),
    ("", Said("")),
    ("{", Said("")),
]


@pytest.mark.parametrize(("written", "said"), WRITTEN, ids=lambda case: str(case)[:30])
def test_what_a_model_writes_is_read_as_far_as_it_goes(written: str, said: Said) -> None:
    assert read_said(written, ID, has_tools=True) == said
    assert read_said(written, ID, has_tools=False) == Said(written)


def call_message(**changes: Any) -> Any:
    function = {"name": "weather", "arguments": "{}"}
    call = {"id": "c1", "type": "function", "function": function, **changes}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def tool_message(**changes: Any) -> Any:
    return {"role": "tool", "tool_call_id": "c1", "content": "x", **changes}


def with_function(**changes: Any) -> Any:
    return {"tools": [{"type": "function", "function": {**FUNCTION, **changes}}]}


LOOP = {"type": "object", "properties": {"a": {"$ref": "#"}}}
WIDE = {"type": "object", "properties": {f"{n}": {} for n in range(90)}}
BAD: list[tuple[Any, str]] = [
    ({"tools": TOOLS * 2}, "tools.1.function.name"),
    ({"tools": {}}, "tools"),
    ({"tools": [7]}, "tools.0"),
    ({"tools": [{"type": "web_search"}]}, "tools.0.type"),
    ({"tools": [{"type": "function"}]}, "tools.0.function"),
    ({"tools": FLAT}, "tools.0.description"),
    (with_function(name="a b"), "tools.0.function.name"),
    (with_function(name="x" * 65), "tools.0.function.name"),
    (with_function(description=7), "tools.0.function.description"),
    (with_function(description="a\0"), "tools.0.function"),
    (with_function(description="x" * 40_000), "tools"),
    (with_function(parameters=LOOP), "tools.0.function.parameters.properties.a.$ref"),
    (with_function(parameters={"type": "string"}), "tools.0.function.parameters"),
    (with_function(strict=True), "tools.0.function.parameters.properties.city.pattern"),
    (with_function(strict=1), "tools.0.function.strict"),
    (with_function(more=1), "tools.0.function.more"),
    (
        {
            "tools": [
                {"type": "function", "function": {"name": f"f{n}", "parameters": WIDE}}
                for n in range(25)
            ]
        },
        "tools",
    ),
    ({"tool_choice": "required"}, "tool_choice"),
    ({"tool_choice": "any", "tools": TOOLS}, "tool_choice"),
    ({"tool_choice": 7, "tools": TOOLS}, "tool_choice"),
    ({"tool_choice": {"type": "allowed_tools"}, "tools": TOOLS}, "tool_choice.type"),
    ({"tool_choice": {"type": "function"}, "tools": TOOLS}, "tool_choice.function"),
    ({"tool_choice": NOW, "tools": TOOLS}, "tool_choice.function.name"),
    ({"tool_choice": NOW}, "tool_choice.function.name"),
    ({"tools": TOOLS, "stop": ["x"]}, "stop"),
    ({"parallel_tool_calls": "yes"}, "parallel_tool_calls"),
    ({"messages": [*HI, tool_message()]}, "messages.1.tool_call_id"),
    ({"messages": [*HI, tool_message(tool_call_id=7)]}, "messages.1.tool_call_id"),
    ({"messages": [*HI, call_message()]}, "messages"),
    ({"messages": [*HI, call_message(), tool_message(content=7)]}, "messages.2.content"),
    ({"messages": [*HI, call_message(), tool_message(name="x")]}, "messages.2.name"),
    ({"messages": [*HI, call_message(id=7), *HI]}, "messages.1.tool_calls.0.id"),
    ({"messages": [*HI, call_message(type="custom"), *HI]}, "messages.1.tool_calls.0"),
    ({"messages": [*HI, call_message(function=7), *HI]}, "messages.1.tool_calls.0.function"),
    (
        {"messages": [*HI, call_message(function={"name": "a"}), *HI]},
        "messages.1.tool_calls.0.function.arguments",
    ),
    ({"messages": [{**HI[0], "tool_calls": [1]}]}, "messages.0.tool_calls"),
]


@pytest.mark.parametrize(("fields", "param"), BAD, ids=lambda case: str(case)[:40])
def test_what_can_t_be_done_is_refused_by_name(
    program: httpx.Client, model: ScriptedModel, fields: Any, param: str
) -> None:
    response = ask(program, **{"messages": HI, **fields})
    assert (response.status_code, response.json()["error"]["param"]) == (400, param)
    assert model.requests == []


def test_calls_of_other_models_are_given_as_text(
    program: httpx.Client, model: ScriptedModel
) -> None:
    call = call_message(function={"name": "weather", "arguments": "no JSON"})
    call["content"] = "I look."
    answer(program, [*HI, call, tool_message(content=""), *HI])
    assert [each["content"] for each in model.requests[-1]["messages"]] == [
        "Hi",
        'I look.\n{"tool_call": {"name": "weather", "arguments": "no JSON"}}',
        '{"tool_result": ""}',
        "Hi",
    ]


@pytest.mark.usefixtures("calling")
def test_a_response_calls_and_is_continued(program: httpx.Client, model: ScriptedModel) -> None:
    response = respond(program, tools=FLAT, instructions="Be brief.")
    (item,) = response["output"]
    assert (item["type"], item["name"], item["arguments"]) == (
        *("function_call", "weather"),
        ARGUMENTS,
    )
    assert (response["tool_choice"], response["tools"]) == ("auto", [{**FLAT[0], "strict": False}])
    assert read(program, response) == response
    model.deltas = [ANSWERED]
    output = {"type": "function_call_output", "call_id": item["call_id"], "output": RESULT}
    asked = {"previous_response_id": response["id"], "tools": FLAT}
    second = respond(program, [output], **asked)
    assert second["output"][0]["content"][0]["text"] == 'Cafés "are" 😀'
    assert [each["content"] for each in model.requests[-1]["messages"][1:]] == [
        "Hi",
        f'{{"tool_call": {{"name": "weather", "arguments": {ARGUMENTS}}}}}',
        json.dumps({"tool_result": RESULT}, ensure_ascii=False),
    ]
    (listed,) = told(program.get(f"/v1/responses/{second['id']}/input_items"))["data"]
    assert listed.items() >= output.items()
    answer_of = respond(program, "Thanks", previous_response_id=second["id"])
    assert answer_of["output"] != []
    assert 'Cafés "are" 😀' in [each["content"] for each in model.requests[-1]["messages"]]


@pytest.mark.usefixtures("calling")
def test_a_call_may_come_along_whole(program: httpx.Client, model: ScriptedModel) -> None:
    response = respond(program, tools=FLAT, store=False)
    (call,) = response["output"]
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": RESULT}
    system = {"role": "system", "content": "Be brief."}
    second = respond(program, [system, *HI, call, output])
    items = told(program.get(f"/v1/responses/{second['id']}/input_items?order=asc"))["data"]
    assert [each["type"] for each in items] == [
        *("message", "message", "function_call"),
        "function_call_output",
    ]
    assert items[2] == call


@pytest.mark.usefixtures("calling")
def test_events_of_a_call_can_be_resumed(program: httpx.Client) -> None:
    found = stream_response(program, tools=FLAT)
    kinds = [each["type"].removeprefix("response.") for each in found]
    assert kinds[3:] == [
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ]
    added, delta, done, item, ended = found[3:]
    assert (added["item"]["arguments"], delta["delta"], done["arguments"]) == (
        *("", ARGUMENTS),
        ARGUMENTS,
    )
    assert [item["item"]] == ended["response"]["output"]
    assert delta["item_id"] == added["item"]["id"]
    for number, each in enumerate(found):
        assert resume(program, ended["response"], each["sequence_number"]) == found[number + 1 :]


@pytest.mark.usefixtures("calling")
def test_in_the_background_too(program: httpx.Client) -> None:
    response = respond(program, tools=FLAT, background=True)
    assert wait_for(program, response, "completed")["output"][0]["type"] == "function_call"


CALL_ITEM = {"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{}"}
RESULT_ITEM = {"type": "function_call_output", "call_id": "c1", "output": "x"}
BAD_RESPONSES: list[tuple[Any, str]] = [
    ({"tools": TOOLS}, "tools.0.function"),
    ({"tools": FLAT, "tool_choice": {"type": "function", "name": "x"}}, "tool_choice.name"),
    ({"tools": FLAT * 129}, "tools"),
    ({"input": [RESULT_ITEM]}, "input.0.call_id"),
    ({"input": [{**RESULT_ITEM, "call_id": 7}]}, "input.0.call_id"),
    ({"input": [CALL_ITEM, {**RESULT_ITEM, "output": 7}]}, "input.1.output"),
    ({"input": [{**CALL_ITEM, "name": "a b"}]}, "input.0.name"),
    ({"input": [{**CALL_ITEM, "arguments": {}}]}, "input.0.arguments"),
    ({"input": [{**CALL_ITEM, "more": 1}]}, "input.0.more"),
    ({"input": [{"type": "reasoning"}]}, "input.0.type"),
    ({"input": [{"type": []}]}, "input.0.type"),
]


@pytest.mark.parametrize(("fields", "param"), BAD_RESPONSES, ids=lambda case: str(case)[:40])
def test_what_a_response_can_t_do_is_refused_by_name(
    program: httpx.Client, model: ScriptedModel, fields: Any, param: str
) -> None:
    fields = dict(fields)
    question = fields.pop("input", "Hi")
    response = ask_response(program, question, **fields)
    assert (response.status_code, response.json()["error"]["param"]) == (400, param)
    assert model.requests == []


def test_what_no_response_called_has_no_result(program: httpx.Client, model: ScriptedModel) -> None:
    first = respond(program)
    call = name_call(UUID(first["id"].removeprefix("resp_")))
    asked = [{**RESULT_ITEM, "call_id": call}]
    response = ask_response(program, asked, previous_response_id=first["id"])
    assert refused(response, 400, "invalid_value") == "input.0.call_id"
    assert len(model.requests) == 1
