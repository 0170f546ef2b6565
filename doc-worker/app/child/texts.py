"""Text and Markdown files: decoded, cut into pages at the ends of lines."""

import codecs
import csv
import re
from itertools import pairwise

from app.child.clean import clean
from app.child.refused import Refused
from app.messages import Picture, Request, Source

PAGE_LENGTH = 3000  # code points, about a printed page
DELIMITERS = ",;\t"
HEADER_LENGTH = 200  # code points; a longer one is not repeated


class TextFile:
    """A text. It has as many pages as are allowed at most: they grow with it. Each page of a table
    begins with the names of its columns, as when one is printed."""

    picture: Picture | None = None

    def __init__(self, content: bytes, request: Request) -> None:
        text = clean(decode(content))
        if not text.strip():
            raise Refused("empty")
        length = max(PAGE_LENGTH, 2 * len(text) // request.page_limit + 1)
        header = find_column_names(text)
        first, *others = cut_pages(text, length)
        self._pages = [first, *(f"{header}\n{page}" if header else page for page in others)]
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


def find_column_names(text: str) -> str:
    """The first line of a file in which every line has as many cells, between commas, semicolons or
    tabs, if it alone has no number and is short; else empty."""
    lines = [line for line in text.split("\n") if line.strip()]
    first, *others = lines
    if len(first) > HEADER_LENGTH or _has_digit(first) or not any(map(_has_digit, others)):
        return ""
    is_table = any(_has_columns(lines, delimiter) for delimiter in DELIMITERS)
    return first if is_table else ""


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


def _has_columns(lines: list[str], delimiter: str) -> bool:
    try:
        rows = csv.reader(lines, delimiter=delimiter)
        columns = len(next(rows))
        return columns > 1 and all(len(row) == columns for row in rows)
    except csv.Error:  # a cell of more than 131,072 characters
        return False


def _has_digit(line: str) -> bool:
    return any(map(str.isdigit, line))
