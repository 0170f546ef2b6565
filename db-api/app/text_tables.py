"""Tables in a text, which has no marks for them but their lines."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

ENDS = (".", "!", "?", ";", ",", "。", "！", "？")
# What a row ends with: a number such as 1,204 or €9.50 or 9:00–17:00, and its unit.
NUMBER = re.compile(r"[^\w\s]{0,2}\d+(?:[.,:'’/–-]\d+)*[^\w\s.,;:!?]{0,2}")
UNIT = re.compile(r"[^\W\d_]{1,6}|[^\w\s.,;:!?]")
# At least three cells between commas (1,204 is one) or semicolons, or two with a tab between them;
# in a line without spaces, every comma is between two.
SEPARATOR = re.compile("[,;\t|]")
SEPARATED = re.compile(
    r'(?:(?:"[^"\n]*"|[^\n,]|(?<=\d),(?=\d))*+,(?! )){2}|(?:[^\n;]*;(?! )){2}|[^\n\t]+\t'
    r"|(?=[^\n]*[^\W\d_])(?:[^\s,]*,){2}[^\s,]*\s*$"
)
# Of a form: what it is about, and what holds.
FIELD = re.compile(r"\s*[^\W\d_][^\n:.!?]{0,40}:\s*\S")
MOST_WORDS = 8  # of a row: a line with more that ends with a number is of a sentence
LINE = re.compile("[^\n]*")
HEADER_CHARACTERS = 200  # what is longer is not repeated


@dataclass(frozen=True)
class Table:
    """A part of a text, and the header that says what its numbers are, if there is one."""

    start: int
    end: int
    header: str


def find_tables(text: str) -> Iterator[Table]:
    """Two rows at least, one below the other. The header is the line above, or the first row where
    that names the columns. Empty lines between rows don't count."""
    lines = [line for line in LINE.finditer(text) if any(map(str.isalnum, line[0]))]
    above: re.Match[str] | None = None
    for are_rows, run in groupby(lines, lambda line: is_row(line[0])):
        first, *others = run
        if are_rows and len(others) > 1 and not has_cells(first[0]) and has_cells(others[0][0]):
            above, first, *others = first, *others  # a title that ends with a number
        last = others[-1] if others else first
        if are_rows and others:
            if names_columns(first[0], [row[0] for row in others]):
                header = first[0]
            else:
                is_near = above and above.end() + 1 == first.start() and is_header(above[0])
                is_one = above and is_near and not are_fields(above[0], first[0])
                header = above[0] if above and is_one else ""
            yield Table(first.start(), last.end(), header.strip())
        above = last


def has_cells(line: str) -> bool:
    """Whether it has the bars of Markdown, or the separators of a CSV file."""
    if not SEPARATOR.search(line):  # which is told quickly, of most lines
        return False
    return line.lstrip().startswith("|") or SEPARATED.match(line) is not None


def names_columns(first: str, others: Iterable[str]) -> bool:
    """Whether a table's first row says what is in the others: in a CSV file it is the only one
    without a number."""
    if first.lstrip().startswith("|"):
        return True
    return has_cells(first) and not has_digit(first) and any(map(has_digit, others))


def has_digit(line: str) -> bool:
    """Whether there is a number in it."""
    return any(map(str.isdigit, line))


def is_header(line: str) -> bool:
    """Whether it could say what the rows below it are about."""
    words = line.strip()
    if has_cells(words):
        return True
    return bool(words) and not words[0].islower() and not words.endswith(ENDS)


def are_fields(*lines: str) -> bool:
    """Whether each is the line of a form."""
    return all(map(FIELD.match, lines))


def is_row(line: str) -> bool:
    """Whether it has cells, or ends with a number and its unit behind a few words."""
    if has_cells(line):
        return True
    cells = line.split()
    if len(cells) < 2 or cells[0][0].islower():
        return False
    before_unit = len(cells) > 2 and UNIT.fullmatch(cells[-1])
    if not NUMBER.fullmatch(cells[-2] if before_unit else cells[-1]):
        return False
    return sum(cell[0].isalpha() for cell in cells) <= MOST_WORDS


def find_headers(page: str, starts: Iterable[int]) -> Iterator[str]:
    """For each passage of a page that begins there: the header of the table that it begins in, if
    that stands before it; else empty. Of the page nothing behind the last passage is needed."""
    tables = [*find_tables(page)]
    for start in starts:
        table = next((table for table in tables if table.start <= start < table.end), None)
        header = table.header if table else ""
        fits = len(header) <= HEADER_CHARACTERS and not page.startswith(header, start)
        yield header if fits else ""


def find_header(page: str, start: int) -> str:
    """The same for one passage."""
    return next(find_headers(page, [start]))
