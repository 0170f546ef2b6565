"""What counts as text: any Unicode that UTF-8 and PostgreSQL can hold."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError


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
    """Refuses longer texts, naming size and limit in characters: how much to cut is told."""

    def refuse_longer(text: str) -> str:
        if len(text) > limit:
            sizes = {"size": len(text), "limit": limit}
            raise PydanticCustomError(
                "too_large", "Has {size} characters, at most {limit} are kept", sizes
            )
        return text

    return AfterValidator(refuse_longer)


def refuse_controls(text: str) -> str:
    """What stands in one line of a page holds no line end and no other control character."""
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise ValueError("Control characters don't belong here")
    return text


Text = Annotated[str, AfterValidator(refuse_unstorable)]
LinedText = Annotated[Text, AfterValidator(normalise_lines)]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=80),
    AfterValidator(refuse_unstorable),
]
Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1),
    at_most(80),
    AfterValidator(refuse_controls),
    AfterValidator(refuse_unstorable),
]
SystemPrompt = Annotated[LinedText, at_most(8000)]
Worker = Annotated[
    str, StringConstraints(min_length=1, max_length=100), AfterValidator(refuse_unstorable)
]
# Counts end where PostgreSQL's integer does.
LARGEST_COUNT = 2**31 - 1
