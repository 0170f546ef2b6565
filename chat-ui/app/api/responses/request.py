"""What `POST /v1/responses` is asked. Whatever can't be done is refused by its name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.api.body import check_text
from app.api.chat_request import hold
from app.api.echo import write_echo
from app.api.fields import (
    find_given,
    read_flag,
    read_model,
    read_number,
    refuse,
    refuse_unsupported,
    require,
)
from app.api.formats import NAME, read_text_format
from app.api.given_messages import GivenMessages, refuse_others
from app.api.tools import Tools
from app.clients.queue_types import ResponseOptions

# What is understood. Anything else is refused, unless it says what holds anyway.
KNOWN = {
    *("model", "input", "instructions", "stream", "background", "store", "previous_response_id"),
    *("max_output_tokens", "temperature", "top_p", "metadata", "text"),
    *("tools", "tool_choice", "parallel_tool_calls"),
}
# By parameter, as JSON.
WITHOUT_EFFECT = {
    "frequency_penalty": ("0", "0.0"),
    "presence_penalty": ("0", "0.0"),
    "include": ("[]",),
    "service_tier": ('"auto"', '"default"'),
    "top_logprobs": ("0",),
    "truncation": ('"disabled"',),
}
TOLD = ("type", "id", "status")  # of a message, which is given back as it came
KINDS = ("input_text", "output_text")
# Of items that are calls, and what these brought; they are told again as they came.
CALL = {"type", "id", "status", "call_id", "name", "arguments"}
RESULT = {"type", "id", "status", "call_id", "output"}
MOST_PAIRS, LONGEST_KEY, LONGEST_VALUE = 16, 64, 512  # of metadata


@dataclass(frozen=True)
class ResponseRequest:
    """A request that can be done, as far as it can be told without the model and the response
    before."""

    asked: dict[str, Any]  # as db-api's `NewCompletion`, without what was said before
    options: ResponseOptions
    streams: bool
    tools: Tools | None
    unknown: Mapping[str, str]  # results of calls that were made before, if at all, by their field

    @classmethod
    def read(cls, fields: dict[str, Any], most_tokens: int) -> "ResponseRequest":
        """From the fields of a body; null counts as absent. ApiError for what can't be done."""
        given = find_given(fields, KNOWN, WITHOUT_EFFECT)
        items = _read_input(require(given, "input"))
        messages = GivenMessages.read(items, "input", TOLD, KINDS)
        tools = Tools.read(given, nested=False)
        held = hold(tools, read_text_format(given))
        said = messages.write()
        options = ResponseOptions(
            model=read_model(given),
            background=read_flag(given, "background"),
            stored=read_flag({"store": True, **given}, "store"),
            previous=_read_text(given, "previous_response_id"),
            instructions=_read_text(given, "instructions"),
            system=messages.system,
            given=len(said["history"]),
            metadata=_read_metadata(given.get("metadata", {})),
            echo=write_echo(given, len(messages.system), has_tools=tools is not None),
        )
        if options.background and not options.stored:
            refuse("background", "needs store: what nobody waits for is read later")
        asked = {
            **said,
            "temperature": read_number(given, "temperature", 0, 2),
            "reply_tokens": read_number(given, "max_output_tokens", 1, most_tokens, whole=True),
            "sampling": {"top_p": read_number(given, "top_p", 0, 1), "json_schema": held},
        }
        streams = read_flag(given, "stream")
        unknown = {
            param.replace("tool_call_id", "call_id"): call
            for param, call in messages.unknown.items()
        }
        return cls(asked, options, streams, tools, unknown)


def _read_input(given: object) -> list[Any]:
    """A text, or items, as messages of chat completions."""
    if isinstance(given, str):
        if not given:
            refuse("input", "is a text that is not empty, or a list")
        return [{"role": "user", "content": check_text(given, "input")}]
    if not isinstance(given, list):
        refuse("input", "is a text, or a list with at least one message")
    return [_read_item(item, f"input.{number}") for number, item in enumerate(given)]


def _read_item(item: object, param: str) -> object:
    kind = item.get("type", "message") if isinstance(item, dict) else "message"
    if kind not in ("message", "function_call", "function_call_output"):
        refuse_unsupported(f"{param}.type")
    if kind == "message" or not isinstance(item, dict):
        return item
    refuse_others(item, CALL if kind == "function_call" else RESULT, param)
    call = item.get("call_id")
    if not isinstance(call, str):
        refuse(f"{param}.call_id", "is required")
    check_text(call, f"{param}.call_id")
    if kind == "function_call_output":
        if not isinstance(item.get("output"), str | list):
            refuse(f"{param}.output", "is a text, or a list of texts")
        return {"role": "tool", "tool_call_id": call, "content": item.get("output")}
    function = {name: item.get(name) for name in ("name", "arguments")}
    if not isinstance(function["name"], str) or not NAME.fullmatch(function["name"]):
        refuse(f"{param}.name", "has 1 to 64 letters of a to z, digits, _ and -")
    if not isinstance(function["arguments"], str):
        refuse(f"{param}.arguments", "is a string")
    return {"role": "assistant", "tool_calls": [{"id": call, "function": function}]}


def _read_text(given: dict[str, Any], name: str) -> str | None:
    text = given.get(name)
    if text is None:
        return None
    if not isinstance(text, str):
        refuse(name, "is a string")
    return check_text(text, name)


def _read_metadata(metadata: object) -> dict[str, str]:
    if not isinstance(metadata, dict) or len(metadata) > MOST_PAIRS:
        refuse("metadata", f"is an object of at most {MOST_PAIRS} pairs")
    for key, value in metadata.items():
        is_short = isinstance(value, str) and len(value) <= LONGEST_VALUE
        if not is_short or len(key) > LONGEST_KEY:
            refuse("metadata", f"has texts of {LONGEST_KEY} and {LONGEST_VALUE} characters at most")
        check_text(key + value, "metadata")
    return metadata
