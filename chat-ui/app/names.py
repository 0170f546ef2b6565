"""Names and titles as people give them: one short line with something to see in it."""

import unicodedata
from typing import Literal

from app.errors import InvalidInput

NAME_LIMIT = 80  # characters
# Letters by their category that nobody sees, and marks that turn the rest of a line around.
BLANK = set("\u115f\u1160\u3164\uffa0\u2800")
TURNING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def check_name(text: str, what: Literal["name", "title"] = "name") -> None:
    """Raises InvalidInput of the kind `<what>-missing`, `-too-long` or `-with-controls`."""
    kinds = {unicodedata.category(character) for character in text if character not in BLANK}
    if all(kind[0] in "CZ" for kind in kinds):  # controls, format marks, spaces: nothing to see
        raise InvalidInput(f"{what}-missing")
    if len(text) > NAME_LIMIT:
        raise InvalidInput(f"{what}-too-long", size=len(text), limit=NAME_LIMIT)
    if "Cc" in kinds or TURNING & set(text):
        raise InvalidInput(f"{what}-with-controls")
