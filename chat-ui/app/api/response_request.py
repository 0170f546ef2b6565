"""What `POST /v1/responses` is asked. Whatever can't be done is refused by its name."""

from dataclasses import dataclass
from typing import Any

from app.api.body import check_text
from app.api.chat_request import read_messages
from app.api.fields import (
    find_given,
    read_flag,
    read_model,
    read_number,
    refuse,
    refuse_unsupported,
    require,
)
from app.clients.queue_types import ResponseOptions

# What is understood. Anything else is refused, unless it says what holds anyway.
KNOWN = {
    *("model", "input", "instructions", "stream", "background", "store", "previous_response_id"),
    *("max_output_tokens", "temperature", "top_p", "metadata"),
}
# By parameter, as JSON.
WITHOUT_EFFECT = {
    "frequency_penalty": ("0", "0.0"),
    "presence_penalty": ("0", "0.0"),
    "include": ("[]",),
    "parallel_tool_calls": ("true", "false"),
    "service_tier": ('"auto"', '"default"'),
    "text": ("{}", '{"format": {"type": "text"}}'),
    "tool_choice": ('"auto"', '"none"'),
    "tools": ("[]",),
    "top_logprobs": ("0",),
    "truncation": ('"disabled"',),
}
TOLD = ("type", "id", "status")  # of a message, which is given back as it came
KINDS = ("input_text", "output_text")
MOST_PAIRS, LONGEST_KEY, LONGEST_VALUE = 16, 64, 512  # of metadata


@dataclass(frozen=True)
class ResponseRequest:
    """A request that can be done, as far as it can be told without the model and the response
    before."""

    asked: dict[str, Any]  # as db-api's `NewCompletion`, without what was said before
    options: ResponseOptions
    streams: bool

    @classmethod
    def read(cls, fields: dict[str, Any], most_tokens: int) -> "ResponseRequest":
        """From the fields of a body; null counts as absent. ApiError for what can't be done."""
        given = find_given(fields, KNOWN, WITHOUT_EFFECT)
        said = _read_input(require(given, "input"))
        system = said.pop("system_prompt")
        options = ResponseOptions(
            model=read_model(given),
            background=read_flag(given, "background"),
            stored=read_flag({"store": True, **given}, "store"),
            previous=_read_text(given, "previous_response_id"),
            instructions=_read_text(given, "instructions"),
            system=[system] if system else [],
            given=len(said["history"]),
            metadata=_read_metadata(given.get("metadata", {})),
        )
        if options.background and not options.stored:
            refuse("background", "needs store: what nobody waits for is read later")
        asked = {
            **said,
            "temperature": read_number(given, "temperature", 0, 2),
            "reply_tokens": read_number(given, "max_output_tokens", 1, most_tokens, whole=True),
            "sampling": {"top_p": read_number(given, "top_p", 0, 1)},
        }
        return cls(asked, options, read_flag(given, "stream"))


def _read_input(given: object) -> dict[str, Any]:
    """A text, or messages."""
    if isinstance(given, str):
        if not given:
            refuse("input", "is a text that is not empty, or a list")
        return read_messages([{"role": "user", "content": check_text(given, "input")}], "input")
    for number, item in enumerate(given if isinstance(given, list) else []):
        if isinstance(item, dict) and item.get("type", "message") != "message":
            refuse_unsupported(f"input.{number}.type")
    return read_messages(given, "input", TOLD, KINDS)


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
