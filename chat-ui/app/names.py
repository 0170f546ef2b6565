"""Names and titles as people give them: one short line with something to see in it."""

import unicodedata
from typing import Literal

from app.errors import InvalidInput

NAME_LIMIT = 80  # characters


def check_name(text: str, what: Literal["name", "title"] = "name") -> None:
    """Raises InvalidInput of the kind `<what>-missing`, `-too-long` or `-with-controls`."""
    kinds = {unicodedata.category(character) for character in text}
    if all(kind[0] in "CZ" for kind in kinds):  # controls, format marks, spaces: nothing to see
        raise InvalidInput(f"{what}-missing")
    if len(text) > NAME_LIMIT:
        raise InvalidInput(f"{what}-too-long", size=len(text), limit=NAME_LIMIT)
    if "Cc" in kinds:
        raise InvalidInput(f"{what}-with-controls")
