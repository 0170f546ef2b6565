"""The names that files come with."""

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
    stem, dot, ending = shown.rpartition(".")
    kept = f"…{dot}{ending}" if stem and len(ending) <= 10 else "…"
    return shown[: DOCUMENT_NAME_CHARACTERS - len(kept)] + kept
