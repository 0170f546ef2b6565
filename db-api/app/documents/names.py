"""The names that files come with."""

from collections.abc import Collection
from itertools import count

from app.limits import DOCUMENT_NAME_CHARACTERS
from app.texts import is_control, is_invisible

UNNAMED = "Untitled"


def tidy_name(given: str) -> str:
    """A name as it is shown: the last part of a path, in one line, not too long, never empty."""
    last = given.replace("\\", "/").rpartition("/")[2]
    shown = "".join(c for c in last if not is_control(c)).strip()
    if is_invisible(shown):
        return UNNAMED
    if len(shown) <= DOCUMENT_NAME_CHARACTERS:
        return shown
    return _join(shown, f"…{find_ending(shown)}")


def tell_apart(name: str, taken: Collection[str]) -> str:
    """The name, with a number if others have it already: notes (2).txt."""
    if name not in taken:
        return name
    ending = find_ending(name)
    stem = name.removesuffix(ending)
    numbered = (_join(stem, f" ({number}){ending}") for number in count(2))
    return next(one for one in numbered if one not in taken)


def find_ending(name: str) -> str:
    """With its point; empty if it has none, or what looks like one is too long."""
    stem, dot, ending = name.rpartition(".")
    return dot + ending if stem and len(ending) <= 10 else ""


def _join(stem: str, end: str) -> str:
    return stem[: DOCUMENT_NAME_CHARACTERS - len(end)] + end
