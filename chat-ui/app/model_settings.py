"""How the model writes: the fields that a chat has, and the settings page for new chats."""

from dataclasses import dataclass
from typing import Self

from starlette.datastructures import FormData

from app.clients.types import Chat, Limits, Session
from app.forms import read_text
from app.settings import Settings

# The fields, as the Swagger page describes them. One that is left out of a form stays as it is.
MODEL_SETTINGS = {
    "system_prompt": "What the model is told before everything else; empty: nothing",
    "temperature": "Empty: the default",
    "reply_tokens": "How long a reply may get, in tokens; empty: the default",
    "turns": "How many turns stay in the prompt; empty: all that fit",
    "tools": "Whether the model may use tools: on, or anything else for off",
}
# In place of what is no number: out of any range, so that db-api says which one it is.
NO_NUMBER = 10**9


@dataclass(frozen=True)
class ModelSettings:
    """`_model_settings.html`: the fields as typed, what holds where one is empty, and the
    limits."""

    system_prompt: str
    temperature: str
    reply_tokens: str
    turns: str
    tools: str
    usual: Settings
    limits: Limits

    @classmethod
    def of(
        cls, owner: Chat | Session, form: FormData | None, usual: Settings, limits: Limits
    ) -> Self:
        """As they are kept; as they were typed, if that could not be taken."""
        fields = {name: _write(getattr(owner, name)) for name in MODEL_SETTINGS}
        fields["tools"] = usual.model_tools if owner.tools is None else _switch(owner.tools)
        if owner.system_prompt is None:
            fields["system_prompt"] = usual.system_prompt
        if form is not None:
            fields |= {name: read_text(form, name) for name in MODEL_SETTINGS if name in form}
        return cls(**fields, usual=usual, limits=limits)


def read_model_settings(form: FormData, usual: Settings) -> dict[str, object]:
    """The fields that the form has, as db-api takes them."""
    tools = _switch(read_text(form, "tools") == "on")
    fields = {
        "system_prompt": read_text(form, "system_prompt"),
        "temperature": read_number(form, "temperature", float),
        "reply_tokens": read_number(form, "reply_tokens", int),
        "turns": read_number(form, "turns", int),
        "tools": None if tools == usual.model_tools else tools == "on",
    }
    return {name: value for name, value in fields.items() if name in form}


def _switch(on: bool) -> str:
    return "on" if on else "off"


def _write(kept: str | float | None) -> str:
    return "" if kept is None else f"{kept}"


def read_number(form: FormData, name: str, kind: type[int] | type[float]) -> float | None:
    """A number as people write it; None for an empty field."""
    text = read_text(form, name).strip().replace(",", ".")
    if not text:
        return None
    try:
        number = kind(text)
    except ValueError:
        return NO_NUMBER
    return number if abs(number) < NO_NUMBER else NO_NUMBER  # nan is not less
