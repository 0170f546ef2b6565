"""The messages that a program brings along: what was said, called and answered before, and the
question. The model reads all of it as text."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from app.api.body import check_text
from app.api.calls import write_call, write_result
from app.api.fields import refuse, refuse_unsupported
from app.api.formats import NAME

TOLD = ("refusal", "annotations", "parsed")  # of a message; the last one is the SDK's own
# "parsed_arguments" is the SDK's own, and says what the arguments do.
CALL = {"id", "type", "function", "index"}
FUNCTION = {"name", "arguments", "parsed_arguments"}
# Of a part of a text that a model wrote: what is told of it.
TOLD_OF_PART = ("annotations", "logprobs")
MOST_MESSAGES = 1000  # as db-api takes
MOST_CALLS = 128  # of one message


@dataclass
class GivenMessages:
    """As db-api takes them. `unknown` are ids of calls that no message makes, by the field of the
    message which has their results."""

    system: list[str] = field(default_factory=list)
    said: list[dict[str, str]] = field(default_factory=list)
    unknown: dict[str, str] = field(default_factory=dict)
    _calls: set[str] = field(default_factory=set)

    @classmethod
    def read(
        cls,
        messages: object,
        name: str = "messages",
        told: Collection[str] = TOLD,
        kinds: Collection[str] = ("text",),
    ) -> "GivenMessages":
        """`told` are the fields that a message may have beside those that are read, `kinds` what
        the parts of its text may be. ApiError for what can't be done."""
        if not isinstance(messages, list) or not messages:
            refuse(name, "is a list with at least one message")
        if len(messages) > MOST_MESSAGES:
            refuse(name, f"has more than {MOST_MESSAGES} messages")
        given = cls()
        for number, message in enumerate(messages):
            param = f"{name}.{number}"
            if not isinstance(message, dict):
                refuse(param, "is an object")
            given._add(message, param, told, kinds)
        if not given.said or given.said[-1]["role"] != "user":
            refuse(name, "ends with a message of the user, or with what a call brought")
        return given

    def write(self) -> dict[str, Any]:
        """Fields of db-api's `NewCompletion`."""
        return {"history": self.said[:-1], "question": self.said[-1]["content"]}

    def _add(
        self, message: dict[str, Any], param: str, told: Collection[str], kinds: Collection[str]
    ) -> None:
        role = message.get("role")
        own = {"assistant": "tool_calls", "tool": "tool_call_id"}.get(str(role), "role")
        refuse_others(message, {"role", "content", own, *told}, param)
        content = message.get("content")
        if role == "tool":
            call = message.get("tool_call_id")
            if not isinstance(call, str):
                refuse(f"{param}.tool_call_id", "is required")
            if call not in self._calls:
                self.unknown[f"{param}.tool_call_id"] = call
            text = read_content(content, f"{param}.content", kinds, may_be_empty=True)
            return self.said.append({"role": "user", "content": write_result(text)})
        if role == "assistant" and message.get("tool_calls"):
            texts = [] if content in (None, "", []) else [content]
            texts = [read_content(text, f"{param}.content", kinds) for text in texts]
            texts += self._read_calls(message["tool_calls"], f"{param}.tool_calls")
            return self.said.append({"role": "assistant", "content": "\n".join(texts)})
        text = read_content(content, f"{param}.content", kinds)
        if role in ("system", "developer") and not self.said:
            return self.system.append(text)
        if role in ("system", "developer"):
            refuse(f"{param}.role", "is system only before all other messages")
        if role not in ("user", "assistant"):
            refuse(f"{param}.role", "is none of system, developer, user, assistant and tool")
        self.said.append({"role": str(role), "content": text})

    def _read_calls(self, calls: object, param: str) -> list[str]:
        if not isinstance(calls, list) or len(calls) > MOST_CALLS:
            refuse(param, f"is a list of at most {MOST_CALLS}")
        return [self._read_call(call, f"{param}.{n}") for n, call in enumerate(calls)]

    def _read_call(self, call: object, param: str) -> str:
        if not isinstance(call, dict) or call.get("type", "function") != "function":
            refuse(param, "is a call of a function")
        function = call.get("function")
        if not isinstance(function, dict):
            refuse(f"{param}.function", "is an object")
        for name in sorted(call.keys() - CALL):
            refuse_unsupported(f"{param}.{name}")
        for name in sorted(function.keys() - FUNCTION):
            refuse_unsupported(f"{param}.function.{name}")
        if not isinstance(call.get("id"), str):
            refuse(f"{param}.id", "is a string")
        name, arguments = function.get("name"), function.get("arguments")
        if not isinstance(name, str) or not NAME.fullmatch(name):
            refuse(f"{param}.function.name", "has 1 to 64 letters of a to z, digits, _ and -")
        if not isinstance(arguments, str):
            refuse(f"{param}.function.arguments", "is a string")
        self._calls.add(check_text(call["id"], f"{param}.id"))
        return write_call(name, check_text(arguments, f"{param}.function.arguments"))


def refuse_others(given: dict[str, Any], known: Collection[str], param: str) -> None:
    """ApiError for a field that isn't known, unless it says nothing."""
    for name in sorted(given.keys() - known):
        if given[name] is not None and given[name] != []:
            refuse_unsupported(f"{param}.{name}")


def read_content(
    content: object, param: str, kinds: Collection[str], *, may_be_empty: bool = False
) -> str:
    """A text, or parts that are texts."""
    if isinstance(content, list):
        for number, part in enumerate(content):
            is_text = isinstance(part, dict) and part.get("type") in kinds
            if not is_text or not isinstance(part.get("text"), str):
                refuse(f"{param}.{number}", "is no text; nothing else is supported")
            refuse_others(part, {"type", "text", *TOLD_OF_PART}, f"{param}.{number}")
        content = "".join(part["text"] for part in content)
    if not isinstance(content, str) or not (content or may_be_empty):
        refuse(param, "is a text" if may_be_empty else "is a text that is not empty")
    return check_text(content, param)
