"""What the lines of a page mean. A text from a PDF or a picture has a line break wherever the page
was too narrow, and no other sign of its headings and tables.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

# 1,204 or €9.50 or 9:00–17:00 or (12), and what may stand behind it: EUR, %.
CELL = re.compile(r"[^\w\s]{0,2}\d+(?:[.,:'’/–-]\d+)*[^\w\s.,;:!?]{0,2}")
UNIT = re.compile(r"[^\W\d_]{1,6}|[^\w\s.,;:!?]")
# At least three cells between commas (1,204 is one) or semicolons, or two with a tab between them;
# in a line without spaces, every comma is between two.
SEPARATED = re.compile(
    r'(?:(?:"[^"\n]*"|[^\n,]|(?<=\d),(?=\d))*+,(?! )){2}|(?:[^\n;]*;(?! )){2}|[^\n\t]+\t'
    r"|(?=[^\n]*[^\W\d_])(?:[^\s,]*,){2}[^\s,]*\s*$"
)
MOST_WORDS = 8  # of a row: a line with more that ends with a number is of a sentence
ITEM = re.compile(r"\s*[-*•▪]\s")
LONG_TABLE = 6  # rows
# Of a form: what it is about, and what holds.
FIELD = re.compile(r"\s*[^\W\d_][^\n:.!?]{0,40}:\s*\S")
FIRST_CELL = re.compile(r"^[\s|]+|(?<=[^\s|])\s*[,;\t|].*", re.S)  # what is around it
SHORTEST_LIST = 4  # lines: those of a sentence hardly all begin with a capital
ENDS = (".", "!", "?", ";", ",", "。", "！", "？")
ROOM = 0.75  # of the width of a page: a line that leaves more ends there on purpose

Line = tuple[int, str]  # where it begins, and its text


@dataclass(frozen=True)
class Table:
    """A part of a text, with the words above its columns, if there are any, and its other rows."""

    start: int
    end: int
    header: str
    rows: list[tuple[int, int]]

    @property
    def is_long(self) -> bool:
        """Whether a row is quoted without the others."""
        return len(self.rows) > LONG_TABLE


def find_tables(
    text: str, start: int = 0, end: int | None = None, header: str = ""
) -> Iterator[Table]:
    """Two rows at least, one below the other, and the line above them. Empty lines, which a text
    from a picture has anywhere, don't count. (db-api's `passages/judge.py` has the same rule.)
    `header` stands before a text that begins in the middle of a table; that then starts there."""
    above: Line = (start - len(header) - 1, header)
    lines = _split_lines(text[start:end], start)
    with_words = (line for line in lines if any(map(str.isalnum, line[1])))
    for are_rows, run in groupby(with_words, lambda line: is_row(line[1])):
        rows = [*run]
        if are_rows and len(rows) > 2 and not _has_cells(rows[0][1]) and _has_cells(rows[1][1]):
            above, *rows = rows  # a title that ends with a number
        if are_rows and len(rows) > 1:
            yield _make_table(above, rows)
        above = rows[-1]


def find_heading(text: str) -> str:
    """The first line of a passage, if it stands alone; empty if it has none. "Invoice 2026-117" is
    one, too, unless the line below could be a row as well."""
    first, *below = text.strip().split("\n", 2)
    stands_alone = bool(below) and not below[0].strip()
    second = "\n".join(below).strip().partition("\n")[0]
    is_heading = _is_header(first) and not (is_row(first) and is_row(second))
    return first.strip() if stands_alone and is_heading else ""


def is_row(line: str) -> bool:
    """Whether it could be a table's: it has cells, or ends with a number behind a few words."""
    if _has_cells(line):
        return True
    cells = line.split()
    if len(cells) < 2 or cells[0][0].islower():
        return False
    if sum(cell[0].isalpha() for cell in cells) > MOST_WORDS:
        return False
    before_unit = len(cells) > 2 and UNIT.fullmatch(cells[-1])
    return bool(CELL.fullmatch(cells[-2] if before_unit else cells[-1]))


def cut_lines(text: str, start: int, end: int, width: int) -> Iterator[tuple[int, int]]:
    """A part of a text that has no table and no sentence's end in it: the lines of a list or a
    form, each of which says something by itself, and what else there is."""
    lines = [line for line in _split_lines(text[start:end], start) if line[1].strip()]
    is_list = (
        len(lines) >= SHORTEST_LIST
        and not text[: lines[0][0]].rpartition("\n")[2].strip()
        and _is_list([line for _, line in lines], width)
    )
    for (_, line), (place, below) in pairwise(lines):
        # The text of a field may have several lines.
        is_behind = FIELD.match(line) or (FIELD.match(text, start, end) and FIELD.match(below))
        if is_list or (_begins(below) and is_behind and not _goes_on(line, below, width)):
            yield start, place
            start = place
    yield start, end


def get_label(line: str) -> str:
    """What a line of a form is about; empty for any other."""
    return line.partition(":")[0] if FIELD.match(line) else ""


def get_first(line: str) -> str:
    """A row's first cell, if it has cells."""
    return FIRST_CELL.sub("", line).strip() if _has_cells(line) else ""


def ends_early(line: str, below: str, width: int) -> bool:
    """Whether the first word below it would have had room in it, and begins something new."""
    return _begins(below) and not is_full(line, below, width)


def is_full(line: str, below: str, width: int) -> bool:
    """Whether the first word below it would hardly have had room in it."""
    return len(line) + 1 + len(below.split(maxsplit=1)[0]) >= ROOM * width


def measure_width(text: str) -> int:
    """Characters of the longest line."""
    return max(map(len, text.split("\n")))


def unwrap(text: str, *, is_passage: bool = False) -> str:
    """As long as before, with a space instead of each line break that means nothing. Of a passage,
    its lines may be headings; a sentence begins anywhere in a line, so its first one is short."""
    tables = [*find_tables(text)]
    width = measure_width(text)
    parts = []
    for (_, line), (start, below) in pairwise([*_split_lines(text, 0), (0, "")]):
        parts.append(line)
        if start:
            stays = (
                ITEM.match(below)
                or any(table.start <= start <= table.end + 1 for table in tables)
                or (is_passage and not (line.strip() and below.strip()))
                or (is_passage and ends_early(line, below, width))
            )
            parts.append("\n" if stays else " ")
    return "".join(parts)


def _split_lines(text: str, start: int) -> Iterator[Line]:
    for line in text.split("\n"):
        yield start, line
        start += len(line) + 1


def _make_table(above: Line, lines: list[Line]) -> Table:
    has_header = _names_columns([line for _, line in lines]) and not _has_cells(above[1])
    is_near = above[0] + len(above[1]) + 1 == lines[0][0]
    are_fields = FIELD.match(above[1]) and FIELD.match(lines[0][1])
    if not has_header and is_near and not are_fields and _is_header(above[1]):
        lines, has_header = [above, *lines], True
    spans = [
        (start + len(line) - len(line.lstrip()), start + len(line.rstrip()))
        for start, line in lines
    ]
    header = lines[0][1].strip() if has_header else ""
    return Table(spans[0][0], spans[-1][1], header, spans[has_header:])


def _begins(line: str) -> bool:
    """Whether it could be the beginning of a sentence."""
    return not line.lstrip()[0].islower()


def _is_list(lines: list[str], width: int) -> bool:
    """Whether all begin as sentences do, and they begin alike or one of them ends early."""
    begin_alike = len({line.split(maxsplit=1)[0] for line in lines}) == 1
    return all(map(_begins, lines)) and (
        begin_alike or any(ends_early(line, below, width) for line, below in pairwise(lines))
    )


def _goes_on(line: str, below: str, width: int) -> bool:
    return not FIELD.match(below) and is_full(line, below, width)


def _has_cells(line: str) -> bool:
    """Those of Markdown, between bars, or of a CSV file."""
    return line.lstrip().startswith("|") or SEPARATED.match(line) is not None


def _names_columns(rows: list[str]) -> bool:
    """Whether the first row says what is in the others: in a CSV file, it alone has no number."""
    first, *others = rows
    if first.lstrip().startswith("|"):
        return True
    return _has_cells(first) and not _has_digit(first) and any(map(_has_digit, others))


def _has_digit(line: str) -> bool:
    return any(map(str.isdigit, line))


def _is_header(line: str) -> bool:
    words = line.strip()
    if _has_cells(words):
        return True
    return bool(words) and not words[0].islower() and not words.endswith(ENDS)
