"""How the model writes: the fields that a chat has, and the settings page for new chats."""

from dataclasses import dataclass
from typing import Self

from starlette.datastructures import FormData

from app.clients.types import Chat, Limits, Session
from app.forms import read_text
from app.settings import Settings

FIELDS = ("system_prompt", "temperature", "reply_tokens", "turns")
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
    usual: Settings
    limits: Limits

    @classmethod
    def of(
        cls, owner: Chat | Session, form: FormData | None, usual: Settings, limits: Limits
    ) -> Self:
        """As they are kept; as they were typed, if that could not be taken."""
        kept = {name: getattr(owner, name) for name in FIELDS}
        typed = {name: "" if kept[name] is None else f"{kept[name]}" for name in FIELDS}
        if form is not None:
            typed = {name: read_text(form, name) for name in FIELDS}
        return cls(**typed, usual=usual, limits=limits)


def read_model_settings(form: FormData) -> dict[str, object]:
    """The fields as db-api takes them."""
    return {
        "system_prompt": read_text(form, "system_prompt"),
        "temperature": _read_number(form, "temperature", float),
        "reply_tokens": _read_number(form, "reply_tokens", int),
        "turns": _read_number(form, "turns", int),
    }


def _read_number(form: FormData, name: str, kind: type[int] | type[float]) -> float | None:
    """A number as people write it; None for an empty field."""
    text = read_text(form, name).strip().replace(",", ".")
    if not text:
        return None
    try:
        number = kind(text)
    except ValueError:
        return NO_NUMBER
    return number if abs(number) < NO_NUMBER else NO_NUMBER  # nan is not less
