"""What counts as text: any Unicode that UTF-8 and PostgreSQL can hold."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints


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


Text = Annotated[str, AfterValidator(refuse_unstorable)]
LinedText = Annotated[Text, AfterValidator(normalise_lines)]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=80),
    AfterValidator(refuse_unstorable),
]
Worker = Annotated[
    str, StringConstraints(min_length=1, max_length=100), AfterValidator(refuse_unstorable)
]
# Counts end where PostgreSQL's integer does.
LARGEST_COUNT = 2**31 - 1
