"""The functions that a program lets the model call. The program runs them: here a call is only
written."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from app.api.fields import read_flag, refuse, refuse_unsupported
from app.api.formats import NAME
from app.api.json_schema import MOST_BYTES, check_size, compile_schema

MOST_TOOLS = 128
FIELDS = {"name", "description", "parameters", "strict"}
NOTHING: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}


@dataclass(frozen=True)
class Function:
    """One of them. `parameters` is a schema as the program wrote it, for the model to read; `held`
    is what its arguments are held to."""

    name: str
    description: str
    parameters: dict[str, Any]
    held: dict[str, Any]

    def describe(self) -> str:
        """For the model."""
        told = {"name": self.name, "description": self.description, "parameters": self.parameters}
        return json.dumps(
            {name: value for name, value in told.items() if value}, ensure_ascii=False
        )


@dataclass(frozen=True)
class Tools:
    """What may be called. `must_call`: the reply is a call."""

    functions: Sequence[Function]
    must_call: bool

    @classmethod
    def read(cls, given: dict[str, Any], *, nested: bool) -> "Tools | None":
        """From a body, where a function is `nested` in its tool, or is the tool itself. None if
        nothing may be called. ApiError for what can't be done."""
        read_flag(given, "parallel_tool_calls")  # a reply has one call at most, whatever it says
        functions = _read_functions(given.get("tools", []), nested)
        choice = given.get("tool_choice", "auto")
        if isinstance(choice, dict):
            functions = [_choose(choice, functions, nested)]
        elif choice not in ("none", "auto", "required"):
            refuse("tool_choice", "is none, auto, required, or names a function")
        elif choice == "required" and not functions:
            refuse("tool_choice", "is required, but there are no tools")
        if not functions or choice == "none":
            return None
        return cls(functions, must_call=choice != "auto")

    def write_schema(self, content: dict[str, Any] | None) -> dict[str, Any]:
        """What the reply is held to: a call, or an answer, which fits `content` if that is
        given. `app.api.calls` reads it."""
        calls = [
            _object(name={"const": function.name}, arguments=function.held)
            for function in self.functions
        ]
        call = _object(tool_call=calls[0] if len(calls) == 1 else {"anyOf": calls})
        if self.must_call:
            return call
        return {"anyOf": [_object(response=content or {"type": "string"}), call]}

    def describe(self) -> str:
        """For the system prompt: not every model's template has a place for tools."""
        functions = "\n".join(function.describe() for function in self.functions)
        call = '{"tool_call": {"name": …, "arguments": …}}'
        answer = "" if self.must_call else ', or with {"response": …} to answer without a call'
        return f"You can call these functions:\n{functions}\n\nReply with {call}{answer}."


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _read_functions(tools: object, nested: bool) -> list[Function]:
    if not isinstance(tools, list) or len(tools) > MOST_TOOLS:
        refuse("tools", f"is a list of at most {MOST_TOOLS}")
    if len(json.dumps(tools)) > MOST_BYTES:
        refuse("tools", f"has more than {MOST_BYTES} bytes")
    functions: list[Function] = []
    for number, tool in enumerate(tools):
        param = f"tools.{number}"
        if not isinstance(tool, dict):
            refuse(param, "is an object")
        if tool.get("type") != "function":
            refuse(f"{param}.type", "is function; nothing else is supported")
        if nested:
            _check_known(tool, {"type", "function"}, param)
            tool, param = tool.get("function"), f"{param}.function"
            if not isinstance(tool, dict):
                refuse(param, "is an object")
        _check_known(tool, FIELDS | (set() if nested else {"type"}), param)
        function = _read_function(tool, param)
        if any(function.name == other.name for other in functions):
            refuse(f"{param}.name", "is another function's, too")
        functions.append(function)
    return functions


def _read_function(told: dict[str, Any], param: str) -> Function:
    check_size(told, param)
    if not isinstance(told.get("name"), str) or not NAME.fullmatch(told["name"]):
        refuse(f"{param}.name", "has 1 to 64 letters of a to z, digits, _ and -")
    description, parameters = told.get("description") or "", told.get("parameters") or NOTHING
    if not isinstance(description, str):
        refuse(f"{param}.description", "is a string")
    strict = told.get("strict") or False
    if not isinstance(strict, bool):
        refuse(f"{param}.strict", "is true or false")
    held = compile_schema(parameters, f"{param}.parameters", loose=not strict)
    if held.get("type") != "object":
        refuse(f"{param}.parameters", "is of an object")
    return Function(told["name"], description, parameters, held)


def _choose(choice: dict[str, Any], functions: list[Function], nested: bool) -> Function:
    """The one that has to be called."""
    if choice.get("type") != "function":
        refuse("tool_choice.type", "is function; nothing else is supported")
    _check_known(choice, {"type", "function" if nested else "name"}, "tool_choice")
    told = choice.get("function") if nested else choice
    param = "tool_choice.function" if nested else "tool_choice"
    if not isinstance(told, dict):
        refuse(param, "is an object")
    if nested:
        _check_known(told, {"name"}, param)
    for function in functions:
        if function.name == told.get("name"):
            return function
    refuse(f"{param}.name", "is none of tools")


def _check_known(told: dict[str, Any], known: set[str], param: str) -> None:
    for field in sorted(told.keys() - known):
        if told[field] is not None:
            refuse_unsupported(f"{param}.{field}")
