"""What `/v1/chat/completions` is asked. Whatever can't be done is refused by its name."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from app.api.body import check_text
from app.api.fields import (
    find_given,
    read_flag,
    read_model,
    read_number,
    refuse,
    refuse_unsupported,
    require,
    walk,
)
from app.api.formats import read_response_format
from app.api.given_messages import GivenMessages
from app.api.tools import Tools

MOST_STOPS = 4
LONGEST_STOP = 200
SEEDS = 2**32
LONGEST_HELD = 100_000  # characters; db-api takes no more
MOST_HELD = 2000  # objects in the schema of all that may be called

# What is understood. Anything else is refused, unless it says what holds anyway.
KNOWN = {
    *("model", "messages", "stream", "stream_options", "stop", "seed", "temperature", "top_p"),
    *("max_tokens", "max_completion_tokens", "n", "response_format"),
    *("tools", "tool_choice", "parallel_tool_calls"),
}
# By parameter, as JSON.
WITHOUT_EFFECT = {
    "frequency_penalty": ("0", "0.0"),
    "presence_penalty": ("0", "0.0"),
    "logit_bias": ("{}",),
    "logprobs": ("false",),
    "top_logprobs": ("0",),
    "modalities": ('["text"]',),
}


@dataclass(frozen=True)
class ChatRequest:
    """A request that can be done, as far as it can be told without the model."""

    model: str
    asked: dict[str, object]  # as db-api's `NewCompletion`
    streams: bool
    tells_usage: bool
    has_tools: bool

    @classmethod
    def read(cls, fields: dict[str, Any], most_tokens: int) -> "ChatRequest":
        """From the fields of a body; null counts as absent. ApiError for what can't be done."""
        given = find_given(fields, KNOWN, WITHOUT_EFFECT)
        messages = GivenMessages.read(require(given, "messages"))
        for param in messages.unknown:
            refuse(param, "is the id of no call before it")
        streams = read_flag(given, "stream")
        options = given.get("stream_options", {})
        if not isinstance(options, dict) or (options and not streams):
            refuse("stream_options", "is an object, and only for stream")
        for name in options.keys() - {"include_usage"}:
            refuse_unsupported(f"stream_options.{name}")
        read_number(given, "n", 1, 1, whole=True)
        tools = Tools.read(given, nested=True)
        stop = _read_stop(given.get("stop", []))
        held = hold(tools, read_response_format(given), stop)
        asked = {
            **messages.write(),
            "system_prompt": write_system(messages.system, tools),
            "temperature": read_number(given, "temperature", 0, 2),
            "reply_tokens": _read_tokens(given, most_tokens),
            "sampling": {
                "top_p": read_number(given, "top_p", 0, 1),
                "seed": read_number(given, "seed", 0, SEEDS - 1, whole=True),
                "stop": stop,
                "json_schema": held,
            },
        }
        tells_usage = read_flag(options, "include_usage")
        return cls(read_model(given), asked, streams, tells_usage, tools is not None)


def hold(
    tools: Tools | None, content: dict[str, Any] | None, stop: Collection[str] = ()
) -> str | None:
    """What the reply has to fit, as db-api stores it."""
    schema = tools.write_schema(content) if tools else content
    if schema and stop:
        refuse("stop", "is not supported beside tools or a format: the reply would not fit it")
    if sum(isinstance(part, dict) for part in walk(schema)) > MOST_HELD:
        refuse("tools", "have too many parameters in all")
    held = json.dumps(schema) if schema else None
    if held and len(held) > LONGEST_HELD:
        refuse("tools" if tools else "response_format", "is too large with all references followed")
    return held


def write_system(system: Iterable[str], tools: Tools | None) -> str:
    """The system prompt, which says what may be called."""
    return "\n\n".join([*system, tools.describe()] if tools else system)


def _read_stop(stop: object) -> list[str]:
    stops = [stop] if isinstance(stop, str) else stop
    if not isinstance(stops, list) or len(stops) > MOST_STOPS:
        refuse("stop", f"is a string, or a list of at most {MOST_STOPS}")
    for each in stops:
        if not isinstance(each, str) or not 1 <= len(each) <= LONGEST_STOP:
            refuse("stop", f"has strings of 1 to {LONGEST_STOP} characters")
        check_text(each, "stop")
    return stops


def _read_tokens(given: dict[str, Any], most: int) -> float | None:
    """The newer name and the older one mean the same."""
    names = ("max_completion_tokens", "max_tokens")
    told = [read_number(given, name, 1, most, whole=True) for name in names]
    newer, older = told
    if newer is not None and older is not None and newer != older:
        refuse("max_tokens", "differs from max_completion_tokens, which means the same")
    return older if newer is None else newer
