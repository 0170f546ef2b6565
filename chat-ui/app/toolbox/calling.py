"""How a model calls tools: what it is told of them, the grammar that its reply is held to, and what
of the calls is in its prompt.

The form is Parley's own, as that of programs' functions: not every model's template has a place for
tools. A reply that begins with a brace is a call, and any other is an answer."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.clients.prompt_types import PromptMessage, PromptPart, ToolsPart
from app.clients.types import ToolCall
from app.toolbox.tool import Tool

MOST_CALLS = 4  # for a reply, as db-api has it
MOST_CHARACTERS = 200  # of a call's text
MOST_RESULT = 1500  # characters of a result: the model reads all of it
LONGEST = 1000  # characters of a call that are kept

UNREADABLE = "This is no call of a tool."
INTERRUPTED = "The call was interrupted. It is not run again."

# An answer begins with neither white space, before which a call could hide, nor a brace.
ANSWER = r"answer ::= [^{ \t\r\n] [^\x00]*"
TEXT = rf"""text ::= "\"" character{{0,{MOST_CHARACTERS}}} "\""
character ::= [^"\\\x00-\x1f] | "\\" ["\\nt]"""


@dataclass(frozen=True)
class Wanted:
    """A call as the model wrote it; without a tool it can't be read."""

    tool: str
    arguments: str
    text: str = ""


def write_grammar(tools: Sequence[Tool], *, may_call: bool) -> str:
    """For llama.cpp: an answer, or if it `may_call` a call of one of them."""
    if not may_call or not tools:
        return f"root ::= answer\n{ANSWER}"
    calls = " | ".join(f'{_quote(_begin(tool.name, tool.parameter))} text "}}}}"' for tool in tools)
    return f"root ::= answer | call\n{ANSWER}\ncall ::= {calls}\n{TEXT}"


def is_call(written: str) -> bool:
    """Whether a reply that begins so is a call."""
    return written.startswith("{")


def read_call(written: str, tools: Iterable[Tool]) -> Wanted:
    """What the model wants. A server may hold it to no grammar, or break off."""
    kept = written[:LONGEST]
    try:
        told = json.loads(written)
        name, arguments = told["tool"], told["arguments"]
        shown = json.dumps(arguments, ensure_ascii=False)
        tool = next(tool for tool in tools if tool.name == name)
        text = arguments[tool.parameter]
        shown.encode()  # an escaped half of a character is none
    except (ValueError, LookupError, TypeError, StopIteration, RecursionError):
        return Wanted("", kept)
    if not isinstance(text, str) or len(arguments) > 1 or len(shown) > LONGEST:
        return Wanted("", kept)
    return Wanted(tool.name, shown, text)


def add_tools(
    prompt: Sequence[PromptMessage], tools: Sequence[Tool], calls: Iterable[ToolCall]
) -> list[PromptMessage]:
    """The prompt with what the model is told of tools behind the system prompt, and with the calls
    that have ended behind the question."""
    told = ToolsPart(text=_describe(tools))
    rest, parts, salt = list(prompt), list[PromptPart](), ""
    if rest:  # its salt is the first thing that the model reads
        salt, rest[0] = rest[0].salt, rest[0].model_copy(update={"salt": ""})
    if rest and rest[0].role == "system":
        parts = rest.pop(0).parts
    system = PromptMessage(role="system", parts=[*parts, told], salt=salt)
    added = [message for call in calls for message in _tell(call)]
    return [system, *rest, *added]


def _describe(tools: Sequence[Tool]) -> str:
    listed = "\n".join(
        f'{tool.summary} {_begin(tool.name, tool.parameter)}"…"}}}}' for tool in tools
    )
    return (
        f"You can call these tools:\n{listed}\n\nTo call one, reply with nothing but its JSON, with"
        " your text for the …. You get its result then. Where none helps, answer in words."
    )


def _tell(call: ToolCall) -> list[PromptMessage]:
    """As a turn: what the model wrote, and the result. Nothing of one without a result."""
    if call.result is None:
        return []
    wrote = f'{{"tool": "{call.tool}", "arguments": {call.arguments}}}'
    said = f"Result of {call.tool}:\n{call.result}"
    if not call.tool:
        wrote, said = call.arguments, call.result
    return [
        PromptMessage(role="assistant", parts=[ToolsPart(text=wrote)]),
        PromptMessage(role="user", parts=[ToolsPart(text=said)]),
    ]


def _begin(name: str, parameter: str) -> str:
    return f'{{"tool": "{name}", "arguments": {{"{parameter}": '


def _quote(text: str) -> str:
    """As a grammar writes it."""
    return json.dumps(text)
