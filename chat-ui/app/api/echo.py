"""What a response tells again of its request, as it came. It is stored as text: the order of its
names is the program's."""

import json
from collections.abc import Mapping
from typing import Any

from app.api.calls import name_call, read_said, write_call
from app.api.fields import refuse
from app.clients.queue_types import Completion, ResponseOptions

NAMES = ("text", "tools", "tool_choice", "parallel_tool_calls")
CALLS = ("function_call", "function_call_output")
# Of what was not said.
USUAL: dict[str, Any] = {
    "text": {"format": {"type": "text"}},
    "tools": [],
    "tool_choice": "auto",
    "parallel_tool_calls": False,
}
# OpenAI's clients expect all of each tool.
TOOL: dict[str, Any] = {"description": None, "parameters": None, "strict": False}


def write_echo(given: dict[str, Any], system: int, *, has_tools: bool) -> str:
    """Of a request that can be done, which begins with so many texts of the system prompt."""
    items = given["input"] if isinstance(given["input"], list) else []
    told = {name: given[name] for name in NAMES if name in given}
    calls = {
        number - system: item
        for number, item in enumerate(items)
        if isinstance(item, dict) and item.get("type") in CALLS
    }
    return json.dumps({**told, "calls": calls, "has_tools": has_tools})


def read_echo(options: ResponseOptions) -> dict[str, Any]:
    """Fields of a response."""
    told = json.loads(options.echo)
    echo = {name: told.get(name, USUAL[name]) for name in NAMES}
    if not echo["text"].get("format"):
        echo["text"] = USUAL["text"]
    return {**echo, "tools": [{**TOOL, **tool} for tool in echo["tools"]]}


def has_tools(options: ResponseOptions) -> bool:
    """Whether the reply may be a call."""
    return bool(json.loads(options.echo).get("has_tools"))


def read_call(options: ResponseOptions, number: int, id: str) -> dict[str, Any] | None:
    """The item that this message of its input came as, if it was no message."""
    call = json.loads(options.echo).get("calls", {}).get(str(number))
    return {"status": "completed", **call, "id": call.get("id") or f"fc_{id}"} if call else None


def write_reply(previous: Completion) -> str:
    """What this response said, as the model reads it when it is continued."""
    reply = previous.reply
    said = read_said(reply.content, reply.id, has_tools=has_tools(previous.response))
    return write_call(said.call.name, said.call.arguments) if said.call else said.text


def check_results(unknown: Mapping[str, str], previous: Completion | None) -> None:
    """ApiError for results of calls, by their fields, that the previous response didn't make."""
    made = ""
    if previous and has_tools(previous.response):
        said = read_said(previous.reply.content, previous.reply.id, has_tools=True)
        made = name_call(previous.reply.id) if said.call else ""
    for param, call in unknown.items():
        if call != made:
            refuse(param, "is the id of no call before it")
