"""What counts as text: any Unicode that UTF-8 and PostgreSQL can hold.

A refusal names its reason, with size and limit; `web/handlers.py` passes them on.
"""

import unicodedata
from typing import Annotated, Literal

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from app import limits

Reason = Literal["missing", "too-long", "control-characters", "out-of-range", "invalid"]

# Letters by their category that are invisible, and marks that change a line's direction.
INVISIBLE_LETTERS = set("\u115f\u1160\u3164\uffa0\u2800")
DIRECTION_MARKS = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def refuse_unstorable(text: str) -> str:
    """JSON can carry NUL and half of a surrogate pair; PostgreSQL's UTF-8 can carry neither."""
    if "\0" in text:
        raise ValueError("NUL characters cannot be stored")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("Lone surrogates cannot be stored") from None
    return text


def normalise_lines(text: str) -> str:
    """Line ends as ``\\n``, however the browser sent them."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def at_most(limit: int) -> AfterValidator:
    """Refuses longer texts. Size and limit, in characters, say how much to cut."""

    def refuse_longer(text: str) -> str:
        if len(text) > limit:
            sizes = {"size": len(text), "limit": limit}
            message = "Has {size} characters, at most {limit} are kept"
            raise PydanticCustomError("too-long", message, sizes)
        return text

    return AfterValidator(refuse_longer)


def between(least: float, most: float) -> AfterValidator:
    """Refuses other numbers, naming both ends."""

    def refuse_others(number: float) -> float:
        if not least <= number <= most:
            ends = {"least": least, "most": most}
            raise PydanticCustomError("out-of-range", "Not from {least} to {most}", ends)
        return number

    return AfterValidator(refuse_others)


def is_invisible(text: str) -> bool:
    """Controls, format marks and spaces alone are nothing that anybody could see."""
    return all(unicodedata.category(c)[0] in "CZ" or c in INVISIBLE_LETTERS for c in text)


def is_control(character: str) -> bool:
    """Whether it has no place in a single line of text."""
    return unicodedata.category(character) == "Cc" or character in DIRECTION_MARKS


def refuse_invisible(text: str) -> str:
    """Refuses a text without anything to see."""
    if is_invisible(text):
        raise PydanticCustomError("missing", "There is nothing to see in it")
    return text


def refuse_controls(text: str) -> str:
    """Refuses line ends, control characters and direction marks, for a text of one line."""
    if any(is_control(c) for c in text):
        raise PydanticCustomError("control-characters", "Control characters don't belong here")
    return text


Text = Annotated[str, AfterValidator(refuse_unstorable)]
Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
LinedText = Annotated[Text, AfterValidator(normalise_lines)]
# One rule for what people call themselves and their chats.
_Line = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(refuse_invisible)]
Name = Annotated[
    _Line,
    at_most(limits.NAME_CHARACTERS),
    AfterValidator(refuse_controls),
]
Title = Annotated[
    _Line,
    at_most(limits.TITLE_CHARACTERS),
    AfterValidator(refuse_controls),
]
DocumentName = Annotated[
    _Line,
    at_most(limits.DOCUMENT_NAME_CHARACTERS),
    AfterValidator(refuse_controls),
]
SystemPrompt = Annotated[LinedText, at_most(limits.SYSTEM_PROMPT_CHARACTERS)]
OpeningMessage = Annotated[LinedText, at_most(limits.OPENING_MESSAGE_CHARACTERS)]
Worker = Annotated[
    str, StringConstraints(min_length=1, max_length=100), AfterValidator(refuse_unstorable)
]
