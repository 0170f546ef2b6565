"""Text and Markdown files: decoded, cut into pages at the ends of lines."""

import codecs
import re
from itertools import pairwise

from app.child.clean import clean
from app.child.refused import Refused
from app.messages import Picture, Request, Source

PAGE_LENGTH = 3000  # code points, about a printed page


class TextFile:
    """A text. It has as many pages as are allowed at most: they grow with it."""

    picture: Picture | None = None

    def __init__(self, content: bytes, request: Request) -> None:
        text = clean(decode(content))
        if not text.strip():
            raise Refused("empty")
        length = max(PAGE_LENGTH, 2 * len(text) // request.page_limit + 1)
        self._pages = cut_pages(text, length)
        self.pages = len(self._pages)

    def read(self, number: int) -> tuple[str, Source]:
        return self._pages[number - 1], "text"


def decode(content: bytes) -> str:
    """By its byte order mark, else as UTF-8, else as what Windows took for Latin-1."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def cut_pages(text: str, length: int) -> list[str]:
    """Pages of at most so many code points, and of more than half as many but for the last: cut at
    the end of a line, else between words, else anywhere."""
    cuts = [0]
    while len(text) - cuts[-1] > length:
        begin = cuts[-1] + length // 2
        end = cuts[-1] + length
        cut = text.rfind("\n", begin, end) + 1 or text.rfind(" ", begin, end) + 1 or end
        cuts.append(cut)
    pages = [re.sub(r"^\n+|\s+$", "", text[a:b]) for a, b in pairwise([*cuts, len(text)])]
    return [page for page in pages if page]
