"""What `/v1/chat/completions` is asked. Whatever can't be done is refused by its name."""

from collections.abc import Collection
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
)

MOST_STOPS = 4
LONGEST_STOP = 200
SEEDS = 2**32

# What is understood. Anything else is refused, unless it says what holds anyway.
KNOWN = {
    *("model", "messages", "stream", "stream_options", "stop", "seed", "temperature", "top_p"),
    *("max_tokens", "max_completion_tokens", "n"),
}
TOLD = ("refusal", "annotations")  # of a message
# By parameter, as JSON.
WITHOUT_EFFECT = {
    "frequency_penalty": ("0", "0.0"),
    "presence_penalty": ("0", "0.0"),
    "logit_bias": ("{}",),
    "logprobs": ("false",),
    "top_logprobs": ("0",),
    "response_format": ('{"type": "text"}',),
    "tools": ("[]",),
    "tool_choice": ('"none"',),
    "modalities": ('["text"]',),
}


@dataclass(frozen=True)
class ChatRequest:
    """A request that can be done, as far as it can be told without the model."""

    model: str
    asked: dict[str, object]  # as db-api's `NewCompletion`
    streams: bool
    tells_usage: bool

    @classmethod
    def read(cls, fields: dict[str, Any], most_tokens: int) -> "ChatRequest":
        """From the fields of a body; null counts as absent. ApiError for what can't be done."""
        given = find_given(fields, KNOWN, WITHOUT_EFFECT)
        messages = require(given, "messages")
        streams = read_flag(given, "stream")
        options = given.get("stream_options", {})
        if not isinstance(options, dict) or (options and not streams):
            refuse("stream_options", "is an object, and only for stream")
        for name in options.keys() - {"include_usage"}:
            refuse_unsupported(f"stream_options.{name}")
        read_number(given, "n", 1, 1, whole=True)
        asked = {
            **read_messages(messages),
            "temperature": read_number(given, "temperature", 0, 2),
            "reply_tokens": _read_tokens(given, most_tokens),
            "sampling": {
                "top_p": read_number(given, "top_p", 0, 1),
                "seed": read_number(given, "seed", 0, SEEDS - 1, whole=True),
                "stop": _read_stop(given.get("stop", [])),
            },
        }
        return cls(read_model(given), asked, streams, read_flag(options, "include_usage"))


def read_messages(
    messages: object,
    name: str = "messages",
    told: Collection[str] = TOLD,
    kinds: Collection[str] = ("text",),
) -> dict[str, Any]:
    """The system prompt, what was said before, and the question. `told` are the fields that a
    message may have beside these, `kinds` what the parts of its text may be."""
    if not isinstance(messages, list) or not messages:
        refuse(name, "is a list with at least one message")
    system: list[str] = []
    said: list[dict[str, str]] = []
    for number, message in enumerate(messages):
        param = f"{name}.{number}"
        if not isinstance(message, dict):
            refuse(param, "is an object")
        role = message.get("role")
        for field in message.keys() - {"role", "content", *told}:
            if message[field] is not None and message[field] != []:
                refuse_unsupported(f"{param}.{field}")
        text = _read_content(message.get("content"), f"{param}.content", kinds)
        if role in ("system", "developer") and not said:
            system.append(text)
        elif role in ("system", "developer"):
            refuse(f"{param}.role", "is system only before all other messages")
        elif role in ("user", "assistant"):
            said.append({"role": str(role), "content": text})
        else:
            refuse(f"{param}.role", "is none of system, developer, user and assistant")
    if not said or said[-1]["role"] != "user":
        refuse(name, "ends with a message of the user")
    return {
        "system_prompt": "\n\n".join(system),
        "history": said[:-1],
        "question": said[-1]["content"],
    }


def _read_content(content: object, param: str, kinds: Collection[str]) -> str:
    """A text, or parts that are texts."""
    if isinstance(content, list):
        for number, part in enumerate(content):
            is_text = isinstance(part, dict) and part.get("type") in kinds
            if not is_text or not isinstance(part.get("text"), str):
                refuse(f"{param}.{number}", "is no text; nothing else is supported")
        content = "".join(part["text"] for part in content)
    if not isinstance(content, str) or not content:
        refuse(param, "is a text that is not empty")
    return check_text(content, param)


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
